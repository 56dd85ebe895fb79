// For tests: a file system in memory that dies at a chosen operation, and a model of how a Nagios
// core reads its check-result spool. Only what the core has read counts as delivered.

import type { FileStatus, FileSystem } from "@siteferry/model";

export interface StoredFile {
  content: Uint8Array;
  modifiedMs: number;
}

export class Died extends Error {}

/**
 * Lives until the operation `dieAt`, counted from 1, which takes effect not, in part or wholly. A
 * power cut also undoes what happened to names since the directory was synced.
 */
export interface Death {
  readonly dieAt: number;
  readonly moment: "before" | "halfway" | "after" | "power cut";
}

/** Flat: one directory, names are what stands behind the last slash. */
export class MemorySpool {
  readonly stored: Map<string, StoredFile> = new Map();
  nowMs: number;
  operations: number = 0;
  /** What a power cut leaves. */
  readonly #durable: Map<string, StoredFile> = new Map();
  #death: Death | null = null;
  #dead = false;
  /** Called after every operation that took effect, as the core may read at any time. */
  onOperation: () => void = () => {};

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** A new process over the same disk. */
  restart(death: Death | null): void {
    this.#death = death;
    this.#dead = false;
    this.operations = 0;
  }

  /** Counts as one operation of the process; everything after its death fails. */
  async step(effect: () => void, halfway: () => void = () => {}): Promise<void> {
    await Promise.resolve();
    if (this.#dead) throw new Died("dead already");
    this.operations++;
    if (this.operations === this.#death?.dieAt) {
      this.#dead = true;
      if (this.#death.moment === "halfway") halfway();
      if (this.#death.moment === "after") effect();
      if (this.#death.moment === "power cut") this.powerCut();
      this.onOperation();
      throw new Died(`died ${this.#death.moment} operation ${this.operations}`);
    }
    effect();
    this.onOperation();
  }

  powerCut(): void {
    copy(this.#durable, this.stored);
  }

  put(name: string, text: string | Uint8Array): void {
    this.stored.set(name, { content: Buffer.from(text), modifiedMs: this.nowMs });
  }

  names(): string[] {
    return [...this.stored.keys()].sort();
  }

  /**
   * One walk of the core: every `c??????` with a marker is read and removed with it, one that is
   * older than max_check_result_file_age is removed unread, marker or not. Newest first: readdir has no
   * order, and this is the one that would hurt. Returns the records.
   */
  coreReads(): Map<string, string>[] {
    const delivered: Map<string, string>[] = [];
    for (const [name, file] of [...this.stored].toReversed()) {
      if (!/^c.{6}$/.test(name)) continue;
      if (this.nowMs - file.modifiedMs > 3600_000) {
        this.stored.delete(name);
        this.stored.delete(`${name}.ok`);
      } else if (this.stored.has(`${name}.ok`)) {
        delivered.push(...recordsIn(Buffer.from(file.content).toString()));
        this.stored.delete(name);
        this.stored.delete(`${name}.ok`);
      }
    }
    // The core syncs nothing; but that it may read a file again after a power cut is its affair.
    copy(this.stored, this.#durable);
    return delivered;
  }

  readonly files: FileSystem = this.#fileSystem();

  #fileSystem(): FileSystem {
    const stored = this.stored;
    const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
    const get = (path: string): StoredFile => {
      const file = stored.get(base(path));
      if (file === undefined) throw Object.assign(new Error(`ENOENT ${path}`), { code: "ENOENT" });
      return file;
    };
    return {
      read: async (path) => new Uint8Array(get(path).content),
      readParts: async (path, _bytesMax, take) => take(new Uint8Array(get(path).content)),
      writeNew: async (path, content) => {
        if (stored.has(base(path))) throw Object.assign(new Error("EEXIST"), { code: "EEXIST" });
        await this.step(
          () => this.put(base(path), content),
          () => this.put(base(path), content.subarray(0, content.length >> 1)),
        );
      },
      touch: (path) => this.step(() => this.put(base(path), stored.get(base(path))?.content ?? "")),
      link: (from, to) => this.step(() => stored.set(base(to), get(from))),
      rename: (from, to) =>
        this.step(() => {
          const file = get(from);
          stored.delete(base(from));
          stored.set(base(to), file);
        }),
      unlink: (path) => this.step(() => void stored.delete(base(path))),
      list: async () => [...stored.keys()],
      status: async (path): Promise<FileStatus | null> => {
        const file = stored.get(base(path));
        if (file === undefined) return null;
        const { content, modifiedMs } = file;
        return {
          kind: "file",
          sizeBytes: content.length,
          modifiedMs,
          links: 1,
          device: 1,
          mode: 0o644,
        };
      },
      makeDirectory: async () => {},
      symlink: noLinks,
      readLink: async () => null,
      removeDirectory: noLinks,
      syncDirectory: () => this.step(() => copy(stored, this.#durable)),
      setOwner: () => this.step(() => {}),
    };
  }
}

const noLinks = async (): Promise<never> => {
  throw new Error("A check-result directory has neither links nor directories");
};

/** Records as the core takes them: an empty line ends one; one that is cut off counts for nothing. */
function recordsIn(text: string): Map<string, string>[] {
  const records: Map<string, string>[] = [];
  let record = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) continue;
    if (line === "") {
      if (record.has("host_name") && record.has("output")) records.push(record);
      record = new Map();
      continue;
    }
    const split = line.indexOf("=");
    record.set(line.slice(0, split), line.slice(split + 1));
  }
  return records;
}

function copy(from: ReadonlyMap<string, StoredFile>, to: Map<string, StoredFile>): void {
  to.clear();
  for (const [name, file] of from) to.set(name, file);
}
