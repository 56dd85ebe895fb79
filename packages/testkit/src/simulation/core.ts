// The centre's core: loads the object files, reads its check-result directory as Nagios does, keeps
// what it was told last. It sleeps, and now and then it dies in the middle of a file.

import type { FileSystem } from "@siteferry/model";
import type { Dice } from "../fake-site/dice.ts";
import { objectKey, type ObjectKey } from "./object-key.ts";

export const resultsPath = "/core/checkresults";
export const objectsPath = "/core/objects";
export const cachePath = "/core/objects.cache";

export interface Result {
  readonly object: ObjectKey;
  readonly time: number;
  readonly state: number;
  readonly output: string;
  /** When its file was written, by the centre's clock. */
  readonly fileMs: number;
  /** The very file was read before: the core died in it, or a power cut brought it back. */
  readonly again: boolean;
  /** The core died in this file: nobody knows what it has of it, and it may be taken back unread. */
  readonly unsure: boolean;
}

const fileAgeMaxMs = 3600_000;

export class Core {
  /** By their names at the centre; only of objects that it has loaded. */
  readonly view: Map<ObjectKey, Result> = new Map();
  readonly #read = new Set<string>();
  readonly #files: () => FileSystem;
  readonly #dice: Dice;
  readonly #nowMs: () => number;
  #known: ReadonlySet<ObjectKey> = new Set();

  constructor(files: () => FileSystem, dice: Dice, nowMs: () => number) {
    this.#files = files;
    this.#dice = dice;
    this.#nowMs = nowMs;
  }

  get known(): ReadonlySet<ObjectKey> {
    return this.#known;
  }

  /** One walk through the directory, in any order. `dies`: within a file. Returns what it opened. */
  async readResults(dies: boolean, told: (result: Result) => void): Promise<readonly string[]> {
    const files = this.#files();
    const names = await files.list(resultsPath);
    const read: string[] = [];
    const order = names.map((name) => ({ name, at: this.#dice.fraction() }));
    const shuffled = order.toSorted((a, b) => a.at - b.at);
    for (const { name } of shuffled.filter((entry) => /^c.{6}$/.test(entry.name))) {
      const path = `${resultsPath}/${name}`;
      const status = await files.status(path);
      const isOld = this.#nowMs() - (status?.modifiedMs ?? 0) > fileAgeMaxMs;
      if (!isOld && !names.includes(`${name}.ok`)) continue;
      if (!isOld) {
        const text = Buffer.from(await files.read(path, 1e9, { trusted: true })).toString();
        const records = recordsIn(text, status?.modifiedMs ?? 0, this.#read.has(text));
        this.#read.add(text);
        const count = dies ? Math.floor(this.#dice.fraction() * records.length) : records.length;
        for (const result of records.slice(0, count)) this.#take({ ...result, unsure: dies }, told);
        read.push(name);
        if (dies) return read;
      }
      await files.unlink(path);
      await files.unlink(`${path}.ok`);
    }
    return read;
  }

  /** What a power cut brought back though it was read: nobody can tell it from what wasn't. */
  async returned(): Promise<readonly Result[]> {
    const files = this.#files();
    const results: Result[] = [];
    for (const name of await files.list(resultsPath)) {
      const path = `${resultsPath}/${name}`;
      const text = Buffer.from(await files.read(path, 1e9, { trusted: true })).toString();
      if (this.#read.has(text)) results.push(...recordsIn(text, 0, true));
    }
    return results;
  }

  /** Loads the object files and writes its cache, as at every start. */
  async reload(): Promise<void> {
    const files = this.#files();
    const known = new Set<ObjectKey>();
    let cache = "";
    const live = await files.readLink(`${objectsPath}/live`);
    const directory = `${objectsPath}/${live}`;
    for (const name of live === null ? [] : await files.list(directory)) {
      if (!name.endsWith(".cfg")) continue;
      const path = `${directory}/${name}`;
      const text = Buffer.from(await files.read(path, 1e9, { trusted: true })).toString();
      for (const [, body = ""] of text.matchAll(/^define (?:host|service) \{\n([^}]*)\}/gm)) {
        const host = /^ +host_name +(.*)$/m.exec(body)?.[1];
        const service = /^ +service_description +(.*)$/m.exec(body)?.[1] ?? "";
        if (host === undefined) continue;
        known.add(objectKey(host, service));
        const line = service === "" ? "" : `\tservice_description\t${service}\n`;
        cache += `define ${service === "" ? "host" : "service"} {\n\thost_name\t${host}\n${line}\t}\n`;
      }
    }
    this.#known = known;
    for (const object of this.view.keys()) if (!known.has(object)) this.view.delete(object);
    await files.unlink(cachePath);
    await files.writeNew(cachePath, Buffer.from(cache), 0o644);
    await files.syncDirectory("/core");
  }

  #take(result: Result, told: (result: Result) => void): void {
    told(result);
    if (this.#known.has(result.object)) this.view.set(result.object, result);
  }
}

/** A record ends with an empty line; one that is cut off counts for nothing here. */
function recordsIn(text: string, fileMs: number, again: boolean): Result[] {
  const blocks = text.split("\n\n").slice(0, -1);
  return blocks.map((block) => {
    const lines = block.split("\n").filter((line) => !line.startsWith("#"));
    const fields = new Map(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const service = fields.get("service_description") ?? "";
    return {
      object: objectKey(fields.get("host_name") ?? "", service),
      time: Number.parseInt(fields.get("start_time") ?? "", 10),
      state: Number(fields.get("return_code")),
      output: fields.get("output") ?? "",
      fileMs,
      again,
      unsure: false,
    };
  });
}
