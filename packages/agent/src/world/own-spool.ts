// Whose spool it is. What another user leaves in it, root for one, its own user can't read.

import { stat } from "node:fs/promises";
import { FerryError, printable, systemCode } from "@siteferry/model";

/**
 * @param spool an agent's own directory in the spool; one that isn't there yet is anybody's.
 * @throws FerryError `settings-invalid` if it belongs to another user than this one
 */
export async function checkUser(spool: string): Promise<void> {
  const owner = await stat(spool).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
    return null;
  });
  if (owner === null || process.getuid?.() === owner.uid) return;
  throw new FerryError(
    "settings-invalid",
    `${printable(spool)} belongs to the user ${owner.uid}: run this as that one, from root with: runuser -u NAME -- siteferry …`,
  );
}
