// Room in the file system of the spool, bytes and files.

import { fail, type Finding, ok, skipped, warning } from "./finding.ts";
import type { Probes } from "./probes.ts";

/** Below it the receiver takes nothing in. */
const least = 0.05;
const scarce = 0.1;

export async function checkFreeSpace(
  { look, space }: Probes,
  spool: string,
): Promise<readonly Finding[]> {
  if ((await look(spool)) === null) return [skipped(`${spool} isn't there`)];
  const free = await space(spool);
  const share = Math.min(free.bytes, free.files);
  const scarcer = free.files < free.bytes ? "files (inodes)" : "bytes";
  const what = `${Math.floor(share * 100)} % of the ${scarcer} are free where ${spool} lies`;
  const todo = "Make room, or move the spool; below 5 % a receiver takes nothing in.";
  if (share < least) return [fail(what, todo)];
  return [share < scarce ? warning(what, todo) : ok(what)];
}
