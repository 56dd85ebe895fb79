// Groups of the system by name, wherever the system keeps them.

import { execFile } from "node:child_process";
import { FerryError } from "@siteferry/model";

/**
 * The number of a group, which may be given as a number already. getent(1) knows what /etc/group
 * alone doesn't: LDAP, sssd.
 * @throws FerryError `settings-invalid`
 */
export async function groupIdOf(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  const line = await new Promise<string>((resolve) => {
    execFile("getent", ["--", "group", group], (error, stdout) => resolve(error ? "" : stdout));
  });
  const [, id] = /^[^:]*:[^:]*:(\d+):/.exec(line) ?? [];
  if (id !== undefined) return Number(id);
  throw new FerryError("settings-invalid", `There is no group "${group}" on this system`);
}
