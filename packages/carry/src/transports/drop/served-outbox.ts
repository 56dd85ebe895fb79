// A directory from which the centre fetches: superseded bundles don't pile up in it, and an index says
// what is there. The index never names a file that is gone, except in the moment before it is replaced.

import { createHash } from "node:crypto";
import {
  type BundleName,
  type FileSystem,
  limits,
  parseBundleName,
  type Random,
  type SiteId,
} from "@siteferry/model";
import { temporaryName } from "@siteferry/spool";
import { formatIndex, type IndexEntry, indexName } from "../../outbox-index.ts";
import { whileWriting } from "./own-temporaries.ts";
import { superseded } from "../../superseded.ts";

interface OwnFile extends BundleName {
  readonly name: string;
}

interface Tidying {
  readonly collapse: boolean;
  readonly index: boolean;
  /** Of `dropSender`; the marker goes with its file. */
  readonly marker?: string | undefined;
}

/**
 * By directory, what tidies there last: a sender's lanes publish into the same one, and an index that
 * was begun before another lane published must not replace the one that names what that lane brought.
 */
const tidying = new Map<string, Promise<void>>();

/** Touches only files of `site`: others may write here too, though not into its index. */
export class ServedOutbox {
  readonly #world: { readonly files: FileSystem; readonly random: Random };
  readonly #place: { readonly dir: string; readonly site: SiteId; readonly mode: number };
  /** By name: what lies under one never changes. */
  #known: ReadonlyMap<string, IndexEntry> = new Map();

  constructor(
    world: { readonly files: FileSystem; readonly random: Random },
    place: { readonly dir: string; readonly site: SiteId; readonly mode: number },
  ) {
    this.#world = world;
    this.#place = place;
  }

  /** After each publication. When it returns, the index is durable. */
  async tidy(what: Tidying): Promise<void> {
    const { dir } = this.#place;
    const before = tidying.get(dir) ?? Promise.resolve();
    const now = before.catch(() => {}).then(() => this.#tidy(what));
    tidying.set(dir, now);
    await now.finally(() => tidying.get(dir) === now && tidying.delete(dir));
  }

  async #tidy({ collapse, index, marker = "" }: Tidying): Promise<void> {
    const own = await this.#own();
    const dropped = new Set(collapse ? superseded(own) : []);
    if (index) await this.#writeIndex(own.filter((file) => !dropped.has(file)));
    for (const { name } of dropped) {
      for (const ending of ["", marker]) {
        await this.#world.files.unlink(`${this.#place.dir}/${name}${ending}`);
      }
    }
  }

  async #own(): Promise<readonly OwnFile[]> {
    const names = (await this.#world.files.list(this.#place.dir)).sort();
    return names.flatMap((name) => {
      const identity = parseBundleName(name);
      return identity?.site === this.#place.site ? [{ ...identity, name }] : [];
    });
  }

  async #writeIndex(own: readonly OwnFile[]): Promise<void> {
    const { files, random } = this.#world;
    const { dir, mode } = this.#place;
    const entries = new Map<string, IndexEntry>();
    for (const { name } of own) {
      entries.set(name, this.#known.get(name) ?? (await this.#describe(name)));
    }
    this.#known = entries;
    const temporary = `${dir}/${temporaryName(random, indexName)}`;
    await whileWriting(files, async (tracked) => {
      await tracked.writeNew(temporary, formatIndex([...entries.values()]), mode);
      await tracked.rename(temporary, `${dir}/${indexName}`);
      await tracked.syncDirectory(dir);
    });
  }

  async #describe(name: string): Promise<IndexEntry> {
    const path = `${this.#place.dir}/${name}`;
    const content = await this.#world.files.read(path, limits.bundleBytesMax);
    const sha256 = createHash("sha256").update(content).digest("hex");
    return { name, sizeBytes: content.length, sha256 };
  }
}
