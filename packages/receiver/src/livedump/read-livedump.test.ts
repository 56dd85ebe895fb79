import { realPace } from "@siteferry/bundle";
import {
  checkResultOf,
  formatCheckResult,
  formatLivedumpHost,
  formatLivedumpTemplates,
} from "@siteferry/apply";
import { type HostName, limits, type ServiceDescription } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLivedump } from "./read-livedump.ts";
import type { LivedumpObjects } from "./read-objects.ts";
import type { LivedumpStates } from "./read-states.ts";

const read = async (text: string | Uint8Array): ReturnType<typeof readLivedump> =>
  await readLivedump(typeof text === "string" ? Buffer.from(text) : text, realPace());
const states = async (text: string): Promise<LivedumpStates> => {
  const livedump = await read(text);
  if (livedump.kind !== "states") throw new Error("no states");
  return livedump;
};
const objects = async (text: string): Promise<LivedumpObjects> => {
  const livedump = await read(text);
  if (livedump.kind !== "objects") throw new Error("no objects");
  return livedump;
};
async function failsWith(text: string | Uint8Array, message: string | RegExp): Promise<void> {
  await expect(read(text), String(message)).rejects.toMatchObject({
    code: "livedump-invalid",
    kind: "refused",
    message: expect.stringMatching(message) as string,
  });
}

/** As Checkmk's livedump writes it. */
const record = (output: string, { name = "web1", service = "", code = "0" } = {}): string =>
  `host_name=${name}
${service === "" ? "" : `service_description=${service}\n`}check_type=1
check_options=0
reschedule_check
latency=0.13
start_time=1615521257.2
finish_time=1615521257.2
return_code=${code}
output=${output}

`;

describe("states of Checkmk's livedump", () => {
  test("rows with the time of the dump; nothing that isn't said is made up", async () => {
    const text = `status\n${record("PING OK|rta=1ms")}${record("a|b|c", { service: "Disk C:\\new", code: "3" })}`;
    const { hosts, services, leftOut } = await states(text);
    expect(leftOut).toEqual([]);
    expect(hosts).toEqual([
      {
        name: "web1",
        has_been_checked: 1,
        state: 0,
        state_type: 1,
        current_attempt: 1,
        last_check: 1_615_521_257,
        last_state_change: 0,
        last_hard_state: null,
        last_hard_state_change: null,
        latency: 0.13,
        execution_time: 0,
        plugin_output: "PING OK",
        long_plugin_output: "",
        perf_data: "rta=1ms",
        acknowledged: 0,
        acknowledgement_type: null,
        scheduled_downtime_depth: 0,
        is_flapping: null,
        percent_state_change: null,
        staleness: null,
      },
    ]);
    expect(services).toMatchObject([
      {
        host_name: "web1",
        description: "Disk C:\\new",
        state: 3,
        plugin_output: "a",
        perf_data: "b|c",
      },
    ]);
  });

  test("it escapes nothing: a backslash is one, also before an n and at the end of a record", async () => {
    const { hosts, services } = await states(
      record("C:\\new \\\\srv|'C:\\") + record("x|", { service: "PING" }),
    );
    expect(hosts[0]).toMatchObject({ plugin_output: "C:\\new \\\\srv", perf_data: "'C:\\" });
    expect(services).toHaveLength(1);
  });

  test("OK without any text is what was never checked", async () => {
    const { hosts, services } = await states(
      record("|") + record("|", { service: "a", code: "1" }),
    );
    expect(hosts[0]).toMatchObject({ has_been_checked: 0, last_check: 0, state_type: 0 });
    expect(services[0]).toMatchObject({ has_been_checked: 1, state: 1, plugin_output: "" });
  });

  test("names that no core takes are left out and said; the others are there", async () => {
    const text = record("x|", { name: "a;b" }) + record("x|", { name: "a", service: "b\\" });
    const { hosts, leftOut } = await states(text + record("x|"));
    expect(hosts.map(({ name }) => name)).toEqual(["web1"]);
    expect(leftOut).toEqual([
      "line 10: the host a;b contains a semicolon",
      "line 21: a: the service b\\ ends with a backslash",
    ]);
  });

  test.each([
    ["a line feed in an output, which would forge a record", record("x\n\nhost_name=web2|"), /no \|/],
    ["the same behind a |", record("x|\nhost_name=web2\noutput=x"), /line 10 follows an output/],
    [
      "a whole forged record of an object that is there",
      record(`x|\n\n${record("y|", { name: "web2" }).trimEnd()}`) + record("z|", { name: "web2" }),
      /web2, which an earlier one describes/,
    ],
    ["a record without its end", record("x|").slice(0, -1), /record has no end/],
    ["a text that ends in a line", record("x|").slice(0, -5), /in the middle of a line/],
    [
      "a record that lacks its state",
      record("x|").replace(/return_code.*\n/, ""),
      /without return_code/,
    ],
    ["a state that is none", record("x|", { code: "3" }), /no state/],
    ["a state in words", record("x|").replace("return_code=0", "return_code=OK"), /no state/],
    [
      "a time that is none",
      record("x|").replace(/start_time.*/, "start_time=soon"),
      /a time that is none/,
    ],
    [
      "a time of another age",
      record("x|").replace(/start_time=\d+/, "start_time=9999999999"),
      /a time that is none/,
    ],
    ["a latency that is none", record("x|").replace("0.13", "nan"), /bad latency/],
    [
      "an active result",
      record("x|").replace("check_type=1", "check_type=0"),
      /check_type of its own/,
    ],
    [
      "a key of the core's that livedump never writes",
      record("x|").replace("check_options=0", "output_file=/etc/passwd"),
      /has "output_file"/,
    ],
    ["a key twice", record("x|").replace("check_options=0", "host_name=b"), /host_name once more/],
    [
      "a bare word",
      record("x|").replace("reschedule_check", "scheduled_check"),
      /has "scheduled_check"/,
    ],
    ["an external command", `${record("x|")}[1615521257] SHUTDOWN_PROGRAM\n\n`, /SHUTDOWN/],
    ["objects behind states", `${record("x|")}define command {\n}\n\n`, /has "define command \{"/],
  ])("%s: nothing is taken", async (_what, text, message) => {
    await failsWith(text, message);
  });
});

describe("states of siteferry dump", () => {
  test("whatever a site says comes back, as far as the format carries it", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\\", "n", " ", "=", "é", "🚢", "#") });
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.array(text),
        fc.integer({ min: 0, max: 9_999_999 }),
        async (output, perf, long, micros) => {
          const row = {
            state: 2,
            last_check: 1_795_000_000,
            execution_time: micros / 1e6,
            latency: 0.25,
            plugin_output: output === " " ? "" : output,
            perf_data: perf,
            long_plugin_output: long.join("\n").replace(/\n+$/, ""),
          };
          const result = checkResultOf("web1" as HostName, "PING" as ServiceDescription, row);
          const { services } = await states(formatCheckResult(result, "nagios"));
          expect(services).toMatchObject([{ ...row, has_been_checked: 1 }]);
        },
      ),
    );
  });

  test("a text that is empty isn't one that was never checked", async () => {
    const row = {
      state: 0,
      last_check: 1_795_000_000,
      execution_time: 0,
      latency: 0,
      plugin_output: "",
      perf_data: "",
      long_plugin_output: "",
    };
    const { hosts } = await states(
      formatCheckResult(checkResultOf("web1" as HostName, null, row), "nagios"),
    );
    expect(hosts).toMatchObject([{ ...row, has_been_checked: 1 }]);
  });
});

/** As Checkmk's livedump writes it. */
const host = (name = "web1", alias = "Web"): string => `define host {
  use                livedump-host
  host_name          ${name}
  alias              ${alias}
  address            10.0.0.1
  host_groups        linux,web
  check_command      check-mk-host-ping!-w 200;500
  max_check_attempts 3
  contact_groups     
}

`;
const service = (description = "PING", host_name = "web1"): string => `define service {
  use                livedump-service
  host_name          ${host_name}
  description        ${description}
  
  check_command      check-livedump
  contacts           hh,jörg
  max_check_attempts 1
}

`;

describe("objects", () => {
  test("rows with what livedump says, and null for the rest", async () => {
    const { hosts, services } = await objects(`config prod\n${host()}${service("Disk C:\\Data")}`);
    expect(hosts).toEqual([
      {
        name: "web1",
        alias: "Web",
        address: "10.0.0.1",
        parents: [],
        display_name: "web1",
        check_command: "check-mk-host-ping!-w 200;500",
        max_check_attempts: 3,
        check_interval: null,
        retry_interval: null,
        active_checks_enabled: null,
        groups: ["linux", "web"],
        contacts: [],
        contact_groups: [],
        icon_image: null,
        notes: null,
        notes_url: null,
        action_url: null,
        custom_variables: [],
      },
    ]);
    expect(services).toMatchObject([
      { host_name: "web1", description: "Disk C:\\Data", groups: [], contacts: ["hh", "jörg"] },
    ]);
  });

  test("the templates of both livedumps are known and dropped", async () => {
    const old = `
define host {
    name                    livedump-host
    use                     check_mk_default
    register                0
    active_checks_enabled   0
    passive_checks_enabled  1

}

define command {
    command_name            check-livedump
    command_line            echo "WARN - You did an active check, but this check is passive" ; exit 1
}
`;
    for (const templates of [old, formatLivedumpTemplates(5), formatLivedumpTemplates(null)]) {
      const { hosts, services } = await objects(templates + host());
      expect([hosts.length, services.length]).toEqual([1, 0]);
    }
    await failsWith(old, /no host and no service/);
  });

  test("a } inside of a value is a character", async () => {
    const { hosts } = await objects(host("web1", "} define command {"));
    expect(hosts[0]?.alias).toBe("} define command {");
  });

  test("what siteferry writes comes back", async () => {
    const row = {
      name: "web1" as HostName,
      alias: "Web",
      address: "10.0.0.1",
      groups: ["a", "b c"],
      check_command: "x!y",
      max_check_attempts: 5,
      contacts: ["hh"],
      contact_groups: [],
      icon_image: "linux.png",
    };
    const options = {
      prefix: "",
      includeGroups: false,
      includeHostIcon: true,
      onRefused: () => {},
    };
    const { hosts } = await objects(formatLivedumpHost(row, options));
    expect(hosts).toMatchObject([row]);
  });

  const command = (line: string): string =>
    `define command {\n  command_name check-livedump\n  command_line ${line}\n}\n\n`;
  test.each([
    [
      "a command",
      `${host()}define command {\n  command_name evil\n  command_line rm -rf /\n}\n`,
      /line 15 ends a command.*"command_name evil"/,
    ],
    [
      "livedump's command with another line",
      host() + command("/bin/sh -c id"),
      /"command_line \/bin\/sh -c id"/,
    ],
    [
      "livedump's command with more behind it",
      host() +
        command('echo "WARN - You did an active check, but this check is passive" ; exit 1; id'),
      /isn't livedump's own/,
    ],
    ["a contact", `${host()}define contact {\n}\n`, /define contact/],
    [
      "a host that closes itself in its alias",
      host("web1", "x\n}\ndefine command {\n  command_name evil"),
      /without address/,
    ],
    ["a directive of a line feed", host("web1", "x\n  event_handler reboot"), /event_handler/],
    ["a directive twice", host("web1", "x\n  host_name other"), /host_name once more/],
    [
      "a template of the site's",
      host().replace("livedump-host", "generic-host"),
      /doesn't use livedump-host/,
    ],
    [
      "an object that is a template",
      host().replace("  use ", "  name livedump-host\n  use "),
      /isn't livedump's own/,
    ],
    [
      "an object of several templates",
      host().replace("livedump-host", "livedump-host,evil"),
      /doesn't use/,
    ],
    ["a file to include", `cfg_file=/etc/passwd\n${host()}`, /status or config/],
    ["a comment", `# x\n${host()}`, /status or config/],
    ["a brace on the same line", host().replace("\n}", " }"), /object has no end/],
    [
      "a name like one of JavaScript's",
      host().replace("  address ", "  __proto__ "),
      /without address|__proto__/,
    ],
    ["an object without its end", host().slice(0, -3), /object has no end|middle of a line/],
    ["attempts that are no number", host().replace("attempts 3", "attempts 3x"), /no number/],
    ["a host twice", host() + host(), /web1, which an earlier one/],
    ["a service twice", service() + service(), /web1\/PING, which an earlier one/],
  ])("%s: nothing is taken", async (_what, text, message) => {
    await failsWith(text, message);
  });
});

describe("the text", () => {
  test.each([
    ["nothing", "", /empty/],
    ["a mark alone: livedump failed behind it", "status\n", /no object/],
    ["another mark", `verbatim\n${record("x|")}`, /"verbatim", where status/],
    ["the other kind than its mark", `config x\n${record("x|")}`, /where an object/],
    ["an archive", Buffer.from("\x1f\x8b\x08\0\0\xff", "latin1"), /UTF-8/],
    ["NULs", "\0\0\0\n", /where status/],
    ["letters of another set", Buffer.from(record("Größe|"), "latin1"), /UTF-8/],
    ["lines that end in two ways", record("x|").replace("\n", "\r\n"), /otherwise than the first/],
  ])("%s: is refused", async (_what, text, message) => {
    await failsWith(text, message);
  });

  test("lines may all end as a mail server's do", async () => {
    const text = `status\n${record("x|y")}`.replaceAll("\n", "\r\n");
    expect((await states(text)).hosts).toMatchObject([{ plugin_output: "x", perf_data: "y" }]);
  });

  test("too much of anything is refused before it costs anything", async () => {
    await failsWith(Buffer.alloc(100 * 1024 * 1024, "a"), /over 67108864 bytes/);
    await failsWith(record("x".repeat(limits.livedumpLineMax)), /too long/);
    await failsWith(Buffer.alloc(60 * 1024 * 1024, "a"), /in the middle of a line/);
    await failsWith(Buffer.alloc(60 * 1024 * 1024, "\n"), /empty/);
    const blanks = `  alias${" ".repeat(limits.livedumpLineMax - 100)}x\n`;
    await failsWith(`define host {\n${blanks.repeat(2)}}\n`, /alias once more/);
  });

  test("any bytes are read or refused, and nothing else happens", async () => {
    const piece = fc.constantFrom(
      "status\n",
      "config x\n",
      "\n",
      "}\n",
      "\\",
      "|",
      "=",
      host(),
      service(),
      record("x|"),
      "define host {\n",
      "host_name=a\n",
      "  alias  x\n",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async (pieces) => {
        const judged = await read(pieces.join("")).catch((error: unknown) => error);
        if (judged instanceof Error) expect(judged).toMatchObject({ code: "livedump-invalid" });
      }),
    );
  });
});
