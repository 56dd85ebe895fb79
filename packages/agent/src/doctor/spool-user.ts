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
    const owner = await userName(above.user);
    return [
      fail(
        `${user.name} may not enter ${spool}, which belongs to ${owner}`,
        `Run siteferry always as one user: runuser -u ${owner} -- siteferry doctor …, also in cron and systemd.`,
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
  const owner = await userName(there.user);
  if (own !== null && own.user !== user.id) {
    return [
      fail(
        `${directory} belongs to ${owner}, and this runs as ${user.name}`,
        `Run siteferry always as one user: runuser -u ${owner} -- siteferry doctor …, also in cron and systemd. If ${user.name} is right, as root: chown -R ${user.name} ${directory}`,
      ),
    ];
  }
  const path = own === null ? spool : directory;
  if (!(await may(path, "write"))) {
    const todo = `As root: chown ${user.name} ${path} && chmod u+rwx ${path}`;
    return [fail(`${user.name} may not write in ${path}, which belongs to ${owner}`, todo)];
  }
  return [ok(`${path} is ${user.name}'s`)];
}
