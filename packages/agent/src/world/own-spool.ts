// Whose spool it is. What another user leaves in it, root for one, its own user can't read.

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FerryError, printable, systemCode } from "@siteferry/model";
import { ownerAdvice } from "../doctor/spool-user.ts";
import { realProbes } from "./real-probes.ts";

/**
 * Before anything is made in it.
 * @param directory an agent's own directory in the spool. Before it is there its user is that of the spool
 *   itself, or who else may make it there, but not root; one that isn't there yet either is anybody's.
 * @throws FerryError `settings-invalid` if that is another user than this one
 */
export async function checkUser(directory: string): Promise<void> {
  const spool = dirname(directory);
  const own = await look(directory);
  const there = own ?? (await look(spool));
  const user = process.getuid?.() ?? 0;
  if (there === null || user === there.uid) return;
  if (own === null && user !== 0 && mayMakeIn(there)) return;
  const owner = there.uid;
  const { userName } = realProbes();
  const named = async (id: number) => ({ id, name: await userName(id) });
  const [whose, us] = [await named(owner), await named(user)];
  const path = printable(own === null ? spool : directory);
  throw new FerryError(
    "settings-invalid",
    `${path} belongs to the user ${whose.name}, and this runs as ${us.name}`,
    { advice: ownerAdvice(whose, us, path, own !== null) },
  );
}

/** As one of its group, or as everybody: volumes of containers belong to root and a group. */
function mayMakeIn({ gid, mode }: Stats): boolean {
  const groups = [process.getgid?.(), ...(process.getgroups?.() ?? [])];
  const bits = groups.includes(gid) ? mode >> 3 : mode;
  return (bits & 0o3) === 0o3;
}

/** Null: it isn't there, or lies in what is closed to this user. */
async function look(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}
