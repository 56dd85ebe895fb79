// The programs that the settings name, as cron, systemd and siteferry would find them.

import { fail, type Finding, ok, warning } from "./finding.ts";
import type { Probes } from "./probes.ts";

export interface NamedProgram {
  readonly name: string;
  /** Which key names it. */
  readonly key: string;
}

/** @param programs besides flock, which both agents need. */
export async function checkPrograms(
  { findProgram }: Probes,
  programs: readonly NamedProgram[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const named = [{ name: "flock", key: "the lock of the spool" }, ...programs];
  const todo = "Write its whole path, or set PATH in the cron file or the unit.";
  for (const { name, key } of named) {
    const where = await findProgram(name);
    const what = `${name}, for ${key},`;
    if (where === "here") {
      found.push(warning(`${what} is found here, but not with cron's PATH, /usr/bin:/bin`, todo));
    }
    if (where === "nowhere") {
      const install = name === "flock" ? "Install util-linux." : "Install it, or correct its path.";
      found.push(fail(`${what} isn't there`, install));
    }
  }
  if (found.length > 0) return found;
  const names = [...new Set(named.map(({ name }) => name))].join(", ");
  return [ok(`${names}: there, also with cron's PATH`)];
}
