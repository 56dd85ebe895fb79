// Whose spool it is: what another user leaves in it, root for one, its own user can't read.

import { fail, type Finding, ok } from "./finding.ts";
import type { Probes } from "./probes.ts";

/** @param directory an agent's own directory in the spool, and the spool above it. */
export async function checkSpoolUser(
  { look, user, userName, may }: Probes,
  directory: string,
  spool: string,
): Promise<readonly Finding[]> {
  const above = await look(spool);
  if (above?.kind === "directory" && !(await may(spool, "enter"))) {
    const owner = { id: above.user, name: await userName(above.user) };
    return [
      fail(
        `${user.name} may not enter ${spool}, which belongs to ${owner.name}`,
        ownerAdvice(owner, user, spool, false),
      ),
    ];
  }
  const own = await look(directory);
  const there = own ?? above;
  if (there === null) {
    const todo = `As root: install -d -o ${user.name} -m 750 ${spool}`;
    return [fail(`${spool} isn't there`, todo)];
  }
  if (there.kind !== "directory") {
    return [fail(`${own === null ? spool : directory} is no directory`, "Move it away.")];
  }
  const path = own === null ? spool : directory;
  const mayMake = own === null && user.id !== 0 && (await may(spool, "write"));
  if (there.user !== user.id && !mayMake) {
    const owner = { id: there.user, name: await userName(there.user) };
    const what = `${path} belongs to ${owner.name}, and this runs as ${user.name}`;
    return [fail(what, ownerAdvice(owner, user, path, own !== null))];
  }
  if (!(await may(path, "write"))) {
    return [fail(`${user.name} may not write in its ${path}`, `chmod u+rwx ${path}`)];
  }
  const isOurs = there.user === user.id;
  return [ok(isOurs ? `${path} is ${user.name}'s` : `${user.name} may write in ${path}`)];
}

interface User {
  readonly id: number;
  readonly name: string;
}

/** What to do where `path` is another user's. Nobody is sent to root for what root left there. */
export function ownerAdvice(owner: User, user: User, path: string, withAllIn: boolean): string {
  const mend = `s root: chown ${withAllIn ? "-R " : ""}${user.name} ${path}`;
  if (owner.id === 0) return `A${mend}`;
  const run = `Run siteferry always as one user: runuser -u ${owner.name} -- siteferry …, also in cron and systemd.`;
  return user.id === 0 ? run : `${run} If ${user.name} is right, a${mend}`;
}
