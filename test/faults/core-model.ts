// A core as far as its check-result directory is concerned: it reads each file that has its marker,
// removes both, and remembers every result that it was ever handed.

import { readdir, readFile, unlink } from "node:fs/promises";

/** What a core was handed for one object, oldest first. */
export interface Delivery {
  readonly time: number;
  readonly state: number;
}

export class CoreModel {
  /** By `host;service`, a host itself by `host;`. */
  readonly deliveries: Map<string, Delivery[]> = new Map();
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** One walk through the directory. */
  async read(): Promise<void> {
    const names = new Set(await readdir(this.#directory));
    for (const name of names) {
      if (!/^c.{6}$/.test(name) || !names.has(`${name}.ok`)) continue;
      const path = `${this.#directory}/${name}`;
      this.#take(await readFile(path, "utf8"));
      await unlink(path);
      await unlink(`${path}.ok`);
    }
  }

  #take(text: string): void {
    const records = text.split("\n\n").map((record) => record.split("\n"));
    for (const lines of records) {
      const fields = new Map(lines.map((line) => splitAt(line, line.indexOf("="))));
      const host = fields.get("host_name");
      if (host === undefined) continue;
      const key = `${host};${fields.get("service_description") ?? ""}`;
      const time = Math.floor(Number(fields.get("start_time")));
      const delivery = { time, state: Number(fields.get("return_code")) };
      this.deliveries.set(key, [...(this.deliveries.get(key) ?? []), delivery]);
    }
  }
}

function splitAt(line: string, index: number): readonly [string, string] {
  return [line.slice(0, index), line.slice(index + 1)];
}
