// What a core refuses or didn't live well with and no site is to blame for. A run fails at it once; it stands until
// something changes, so whoever looks between the runs reads it where the target remembers it.

import { printable } from "@siteferry/model";
import { loadActivation, takenBack } from "../activation/record.ts";
import { targetDirectory } from "../applied-store.ts";
import { icinga2Directory } from "../icinga2-settings.ts";
import type { Opening } from "../opening.ts";
import { packageStore } from "../package-store.ts";

/** A sentence each. */
export async function coreTroubles({
  world,
  settings,
  spool,
}: Pick<Opening, "world" | "settings" | "spool">): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const target of settings.targets) {
    if ("objects" in target) {
      const { dir } = target.objects;
      const record = await loadActivation(world, targetDirectory(spool, "objects", dir));
      // Then nothing is checked, and what was found before is of no interest.
      if (record.held) {
        troubles.push(`nothing new goes live in ${dir} since a rollback: siteferry config approve`);
      } else if (record.fault !== "") {
        const why = "the core's check fails even without what is new: siteferry config diff";
        troubles.push(`nothing new goes live in ${dir}: ${why}`);
      }
      if (takenBack(record) !== null) {
        const what = `the core didn't live well with new objects in ${dir}`;
        troubles.push(`${what}, so they were taken back: siteferry config diff`);
      }
    } else if ("icinga2" in target) {
      const { url } = target.icinga2;
      const store = packageStore(world, icinga2Directory(spool, target.icinga2));
      const reason = (await store.load()).rejected[""];
      if (reason !== undefined) {
        const why = `the core refuses it: ${printable(reason, 300)}`;
        troubles.push(`nothing new goes live at ${url}: ${why}`);
      }
    }
  }
  return troubles;
}
