// Whether the file system of the spool does what durability needs of it: sync, links, locks; and whether it
// is one, for files are linked and renamed between the directories of a spool.

import { fail, type Finding, ok, skipped } from "./finding.ts";
import type { DirectoryFault, Probes } from "./probes.ts";

/** @param parts names of directories in it that files pass between. */
export async function checkSpoolWorks(
  { look, tryDirectory }: Probes,
  directory: string,
  spool: string,
  parts: readonly string[],
): Promise<readonly Finding[]> {
  const there = await look(directory);
  const path = there === null ? spool : directory;
  const entry = there ?? (await look(spool));
  if (entry?.kind !== "directory") return [skipped(`${spool} isn't there`)];
  const faults = await tryDirectory(path);
  const found = faults.map((fault) => faultFound(path, fault));
  for (const part of parts) {
    const other = await look(`${path}/${part}`);
    if (other === null || other.device === entry.device) continue;
    const todo = "Mount one file system over the whole spool, not over a part of it.";
    found.push(fail(`${path}/${part} is another file system than ${path}`, todo));
  }
  return found.length > 0
    ? found
    : [ok(`${path}: files can be written, synced, linked and locked, on one file system`)];
}

const advice: Readonly<Record<DirectoryFault["step"], string>> = {
  write: "Check its owner, mode and space.",
  sync: "Without it a power cut loses bundles that were acknowledged: look into the system's log, use another file system.",
  link: "FAT and many shares have no hard links: put the spool on a file system of this machine.",
  rename: "Put the spool on a file system of this machine.",
  lock: "Install util-linux, which has flock, and keep the spool off shares without locks.",
};

function faultFound(path: string, { step, reason }: DirectoryFault): Finding {
  return fail(`${path}: ${step} fails: ${reason}`, advice[step]);
}
