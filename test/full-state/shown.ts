// What a core shows, as docs/fidelity.md promises it: the same words for a site and for its centres.

import type { Icinga2, Nagios, NagiosFields } from "@siteferry/testkit/cores";

export interface Shown {
  /** `object|state|output|time of the last check`. */
  readonly states: readonly string[];
  /** `object|type|author|text`. */
  readonly acknowledgements: readonly string[];
  readonly comments: readonly string[];
  /** `object|author|text|start|end|fixed|duration`. */
  readonly downtimes: readonly string[];
}

/** What stands before its hosts and behind its authors there. */
interface Dress {
  readonly prefix: string;
  readonly mark: string;
}

export async function atIcinga2(core: Icinga2, { prefix, mark }: Dress): Promise<Shown> {
  const ask = async (query: string): Promise<string[][]> => {
    const answer = await core.query(`${query}\nSeparators: 0 1 2 3`);
    const rows = answer.toString().split("\0").slice(0, -1);
    return rows.map((row) => row.split("\u0001"));
  };
  const own = (host = ""): string => host.slice(prefix.length);
  const plain = (author = ""): string => author.slice(0, author.length - mark.length);
  const state = "state plugin_output last_check acknowledged acknowledgement_type";
  const objects = [
    ...(await ask(`GET hosts\nColumns: name display_name ${state}`)).map(([host, , ...row]) => [
      own(host),
      ...row,
    ]),
    ...(await ask(`GET services\nColumns: host_name description ${state}`)).map(
      ([host, service, ...row]) => [`${own(host)};${service}`, ...row],
    ),
  ];
  const types = new Map(
    objects.flatMap(([object = "", , , , is, type = ""]) => (is === "1" ? [[object, type]] : [])),
  );
  const comments = await ask(
    "GET comments\nColumns: host_name service_description entry_type author comment",
  );
  const said = (wanted: string) =>
    comments
      .filter(([, , type]) => type === wanted)
      .map(([host, service, , author, text = ""]) => ({
        object: nameOf(own(host), service),
        author: plain(author),
        text,
      }));
  const downtimes = await ask(
    "GET downtimes\nColumns: host_name service_description author comment start_time end_time fixed duration",
  );
  const now = Math.floor(Date.now() / 1000);
  return {
    states: objects
      .map(([object, its, output, time]) => [object, its, output, time].join("|"))
      .sort(),
    acknowledgements: said("4")
      .map(({ object, author, text }) => [object, types.get(object), author, text].join("|"))
      .sort(),
    comments: said("1")
      .map(({ object, author, text }) => [object, author, text].join("|"))
      .sort(),
    downtimes: downtimes
      .filter(([, , , , , end]) => Number(end) > now)
      .map(([host, service, author, text, start, end, fixed, duration]) =>
        [
          nameOf(own(host), service),
          plain(author),
          text,
          start,
          end,
          fixed,
          fixed === "1" ? "" : Number(duration),
        ].join("|"),
      )
      .sort(),
  };
}

export async function atNagios(core: Nagios, { prefix, mark }: Dress): Promise<Shown> {
  const { hosts, services, comments, downtimes } = await core.status();
  const plain = ({ author = "" }: NagiosFields): string => author.slice(0, -mark.length);
  const objects = [...hosts.values(), ...services.values()].filter(({ host_name }) =>
    host_name?.startsWith(prefix),
  );
  const objectOf = ({ host_name = "", service_description }: NagiosFields): string =>
    nameOf(host_name.slice(prefix.length), service_description);
  const types = new Map(
    objects
      .filter((fields) => fields["problem_has_been_acknowledged"] === "1")
      .map((fields) => [objectOf(fields), fields["acknowledgement_type"] ?? ""]),
  );
  const said = (wanted: string) => comments.filter(({ entry_type }) => entry_type === wanted);
  const now = Math.floor(Date.now() / 1000);
  return {
    states: objects
      .map((fields) =>
        [
          objectOf(fields),
          fields["current_state"],
          fields["plugin_output"],
          fields["last_check"],
        ].join("|"),
      )
      .sort(),
    acknowledgements: said("4")
      .map((fields) =>
        [objectOf(fields), types.get(objectOf(fields)), plain(fields), fields["comment_data"]].join(
          "|",
        ),
      )
      .sort(),
    comments: said("1")
      .map((fields) => [objectOf(fields), plain(fields), fields["comment_data"]].join("|"))
      .sort(),
    downtimes: downtimes
      .filter((fields) => Number(fields["end_time"]) > now)
      .map((fields) =>
        [
          objectOf(fields),
          plain(fields),
          fields["comment"],
          fields["start_time"],
          fields["end_time"],
          fields["fixed"],
          fields["fixed"] === "1" ? "" : Number(fields["duration"]),
        ].join("|"),
      )
      .sort(),
  };
}

function nameOf(host: string, service: string | undefined): string {
  return service === undefined || service === "" ? host : `${host};${service}`;
}
