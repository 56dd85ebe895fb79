// Whose spool it is. What another user leaves in it, root for one, its own user can't read.

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FerryError, printable, systemCode } from "@siteferry/model";
import { ownerAdvice } from "../doctor/spool-user.ts";
import { realProbes } from "./real-probes.ts";

/**
 * Before anything is made in it.
 * @param directory an agent's own directory in the spool. Before it is there its user is that of the spool
 *   itself; one that isn't there yet either is anybody's.
 * @throws FerryError `settings-invalid` if that is another user than this one
 */
export async function checkUser(directory: string): Promise<void> {
  const spool = dirname(directory);
  const own = await ownerOf(directory);
  const owner = own ?? (await ownerOf(spool));
  const user = process.getuid?.() ?? 0;
  if (owner === null || user === owner) return;
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

/** Null: it isn't there, or lies in what is closed to this user. */
async function ownerOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).uid;
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}
