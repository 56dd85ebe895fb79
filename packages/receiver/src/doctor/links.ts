// Each link: what is fetched can be reached and looked into, a directory lets files be taken away, a
// listener listens or could.

import { type Check, fail, failureFound, type Finding, ok } from "@siteferry/agent";
import { lookAtPort } from "./port.ts";
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
    const files = await transport.incoming(1);
    return ok(`${transport.name} can be looked into; ${files.length} files wait there`);
  } catch (error) {
    return failureFound(error, "Looking into the link");
  }
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
