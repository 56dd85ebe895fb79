// Whose spool it is. What another user leaves in it, root for one, its own user can't read.

import { stat } from "node:fs/promises";
import { FerryError, printable, systemCode } from "@siteferry/model";
import { realProbes } from "./real-probes.ts";

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
  const { userName } = realProbes();
  const [whose, own] = [await userName(owner.uid), await userName(process.getuid?.() ?? 0)];
  throw new FerryError(
    "settings-invalid",
    `${printable(spool)} belongs to the user ${whose}, and this runs as ${own}`,
    { advice: `Run it as that one: runuser -u ${whose} -- siteferry …, also in cron and systemd.` },
  );
}
