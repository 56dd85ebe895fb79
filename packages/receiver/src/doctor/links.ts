// Each link: what is fetched can be reached and looked into, a directory lets files be read and taken away, a
// listener listens or could.

import { type Check, counted, fail, failureFound, type Finding, ok } from "@siteferry/agent";
import { limits, printable } from "@siteferry/model";
import { lookAtPort } from "./port.ts";
import type { TransportSettings } from "../transports/index.ts";
import type { LinkSubject, ReceiverSubject } from "./subject.ts";

export const links: Check<ReceiverSubject> = {
  name: "link",
  async run(subject) {
    const found = await Promise.all(subject.links.map((link) => lookAtLink(link, subject)));
    if (found.length > 0) return found;
    const arrives = "no transports: bundles come by receive --stdin or --mail, or by import";
    return [ok(arrives)];
  },
};

async function lookAtLink(link: LinkSubject, subject: ReceiverSubject): Promise<Finding> {
  const { settings, open } = link;
  try {
    if ("drop" in settings) {
      const fault = await directoryFault(subject, settings.drop.dir);
      if (fault !== null) return fault;
    }
    if ("mail" in settings && "maildir" in settings.mail) {
      const fault = await directoryFault(subject, `${settings.mail.maildir.dir}/new`);
      if (fault !== null) return fault;
    }
    const transport = await open();
    if ("http" in settings) {
      const { listen, cert } = settings.http;
      return await lookAtPort(subject, listen, cert !== undefined);
    }
    if (!("incoming" in transport)) return ok(transport.name);
    const files = await transport.incoming(limits.filesPerPassMax);
    const names = files.map(({ name }) => name);
    const fault = await filesFault(subject, await pathsIn(settings, names, subject));
    if (fault !== null) return fault;
    const waiting = `${counted(files.length, "file")} ${files.length === 1 ? "waits" : "wait"} there`;
    return ok(`${transport.name} can be looked into; ${waiting}`);
  } catch (error) {
    return failureFound(error, "Looking into the link");
  }
}

/** Files of this machine that are a link's: of a Maildir also messages that are no bundles, and those of no `names`. */
async function pathsIn(
  settings: TransportSettings,
  names: readonly string[],
  { world: { files } }: ReceiverSubject,
): Promise<readonly string[]> {
  if ("drop" in settings) return names.map((name) => `${settings.drop.dir}/${name}`);
  if (!("mail" in settings && "maildir" in settings.mail)) return [];
  const { dir } = settings.mail.maildir;
  const folders = [`${dir}/new`, `${dir}/cur`];
  const found = folders.map(async (folder) =>
    (await files.list(folder)).slice(0, limits.filesPerPassMax).map((name) => `${folder}/${name}`),
  );
  return (await Promise.all(found)).flat();
}

/** Files that somebody copied into it may be another user's. */
async function filesFault(
  { probes: { look, may, user, userName } }: ReceiverSubject,
  paths: readonly string[],
): Promise<Finding | null> {
  const readable = await Promise.all(paths.map((path) => may(path, "read")));
  const unreadable = paths.filter((_, index) => !readable[index]);
  const found = await Promise.all(
    unreadable.map(async (path) => ({ path, entry: await look(path) })),
  );
  // What is gone by now was taken.
  const still = found.filter(({ entry }) => entry !== null);
  const [first] = still;
  if (first === undefined) return null;
  const { mode, user: owner } = first.entry!;
  const octal = (mode & 0o7777).toString(8).padStart(4, "0");
  const more = still.length > 1 ? `; with it ${counted(still.length, "file")} in all` : "";
  return fail(
    `${user.name} may not read ${printable(first.path)}, which belongs to ${await userName(owner)}, mode ${octal}${more}`,
    `Let what copies files there run as ${user.name}, or leave them mode 0644; these: as root chown ${user.name} FILE`,
  );
}

async function directoryFault(
  { probes: { look, may, user, userName } }: ReceiverSubject,
  dir: string,
): Promise<Finding | null> {
  const entry = await look(dir);
  if (entry?.kind !== "directory") {
    const todo = `Make it, or mount what brings files there: install -d -o ${user.name} -m 750 ${dir}`;
    return fail(`${dir} ${entry === null ? "isn't there" : "is no directory"}`, todo);
  }
  const may3 = await Promise.all((["read", "write", "enter"] as const).map((one) => may(dir, one)));
  if (!may3.includes(false)) return null;
  const owner = await userName(entry.user);
  return fail(
    `${user.name} may not read, write and enter ${dir}, which belongs to ${owner}: files are taken away from it`,
    `As root: chown ${user.name} ${dir}, or give its group these rights`,
  );
}
