// Each link as far as a bundle would go: reached, known, let in; a directory that takes files.

import { type Check, fail, failureFound, type Finding, ok, skipped } from "@siteferry/agent";
import type { DropSettings } from "../transports/drop.ts";
import type { LinkSubject, SenderSubject } from "./subject.ts";

export const links: Check<SenderSubject> = {
  name: "link",
  async run(subject) {
    return (await Promise.all(subject.links.map((link) => lookAtLink(link, subject)))).flat();
  },
};

async function lookAtLink(link: LinkSubject, subject: SenderSubject): Promise<readonly Finding[]> {
  const { settings, open, probed } = link;
  try {
    const { name, traits } = await open();
    if (subject.settings.oneWay && !traits.oneWay) {
      return [fail(`${name} brings something back, and oneWay: true forbids it`, "Choose one.")];
    }
    if ("drop" in settings) return [await lookAtDirectory(subject, settings.drop)];
    const seen = await probed();
    return [
      seen === null
        ? skipped(`${name} runs a program: it can't be asked without a bundle`)
        : ok(`${name} ${seen.seen}`),
    ];
  } catch (error) {
    return [failureFound(error, "Opening the link")];
  }
}

async function lookAtDirectory(
  { probes: { look, may, user, userName } }: SenderSubject,
  { dir }: DropSettings,
): Promise<Finding> {
  const entry = await look(dir);
  if (entry?.kind !== "directory") {
    const todo = `Make it, or mount what carries it on: install -d -o ${user.name} -m 750 ${dir}`;
    return fail(`drop:${dir} ${entry === null ? "isn't there" : "is no directory"}`, todo);
  }
  if ((await may(dir, "write")) && (await may(dir, "enter"))) {
    return ok(`drop:${dir} takes files of ${user.name}`);
  }
  const owner = await userName(entry.user);
  const todo = `As root: chown ${user.name} ${dir}, or give its group the right to write`;
  return fail(`${user.name} may not write in drop:${dir}, which belongs to ${owner}`, todo);
}
