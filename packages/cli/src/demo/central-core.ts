// The demo's stand-in for a Nagios core: reads check-result files as Nagios does (seven characters,
// with `.ok` beside), remembers the states, and moves what it has read to a place to look at.

import { mkdir, readdir, readFile, rename, unlink } from "node:fs/promises";

export interface CentralCore {
  /** Reads what waits. */
  reap(): Promise<void>;
  /** Services by return code: OK, WARNING, CRITICAL, UNKNOWN. */
  services(): readonly [number, number, number, number];
  /** The last record that was read about a service that isn't OK, or about any. */
  example(): string;
}

export async function startCentralCore(spool: string, archive: string): Promise<CentralCore> {
  await mkdir(archive, { recursive: true });
  const states = new Map<string, number>();
  let example = "";

  function take(record: string): void {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}=(.*)$`, "m").exec(record)?.[1];
    const service = field("service_description");
    const state = Number(field("return_code"));
    if (service === undefined) return;
    states.set(`${field("host_name")}\t${service}`, state);
    if (example === "" || (state > 0 && record.includes("\\n"))) example = record;
  }

  return {
    async reap() {
      const names = new Set(await readdir(spool));
      for (const name of names) {
        if (!/^c.{6}$/.test(name) || !names.has(`${name}.ok`)) continue;
        const text = await readFile(`${spool}/${name}`, "utf8");
        for (const record of text.split("\n\n")) take(record);
        await rename(`${spool}/${name}`, `${archive}/${name}`);
        await unlink(`${spool}/${name}.ok`);
      }
    },
    services() {
      const counts: [number, number, number, number] = [0, 0, 0, 0];
      for (const state of states.values()) counts[state as 0 | 1 | 2 | 3] += 1;
      return counts;
    },
    example: () => example,
  };
}
