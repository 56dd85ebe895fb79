// What was fetched from an outbox on which nothing can be deleted: remembered durably, so that it isn't
// fetched again. To lose the memory only means to fetch once more.

import { FerryError, type FileSystem, type Random } from "@siteferry/model";
import { readState, replaceState } from "@siteferry/spool";
import { formatIndex, type IndexEntry, parseIndex } from "../../outbox-index.ts";

export class PullMemory {
  readonly #world: { readonly files: FileSystem; readonly random: Random };
  readonly #directory: string;
  readonly #name: string;
  #fetched: readonly IndexEntry[] | null = null;

  /** `directory` is made when something is remembered for the first time. */
  constructor(
    world: { readonly files: FileSystem; readonly random: Random },
    directory: string,
    name: string,
  ) {
    this.#world = world;
    this.#directory = directory;
    this.#name = name;
  }

  /** Of what the outbox has, what wasn't fetched yet. */
  async unknown(offered: readonly IndexEntry[]): Promise<readonly IndexEntry[]> {
    const fetched = await this.#load();
    return offered.filter((entry) => !fetched.some((known) => isSame(known, entry)));
  }

  /** When it returns, `entry` is remembered durably, and of others only what is still `offered`. */
  async remember(entry: IndexEntry, offered: readonly IndexEntry[]): Promise<void> {
    const { files, random } = this.#world;
    const kept = (await this.#load()).filter((known) =>
      offered.some((other) => isSame(known, other)),
    );
    const fetched = [...kept, entry];
    await files.makeDirectory(this.#directory, 0o700);
    await replaceState(files, random, this.#directory, this.#name, formatIndex(fetched));
    this.#fetched = fetched;
  }

  async #load(): Promise<readonly IndexEntry[]> {
    this.#fetched ??= await this.#read();
    return this.#fetched;
  }

  async #read(): Promise<readonly IndexEntry[]> {
    try {
      const state = await readState(this.#world.files, this.#directory, this.#name);
      return state === null ? [] : parseIndex(state.content, this.#name);
    } catch (error) {
      if (error instanceof FerryError) return [];
      throw error;
    }
  }
}

function isSame(a: IndexEntry, b: IndexEntry): boolean {
  return a.name === b.name && a.sha256 === b.sha256;
}
