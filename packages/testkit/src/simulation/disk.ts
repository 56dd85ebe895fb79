// A disk in memory: what the kernel shows, what is durable, and between them the changes of names
// that no fsync has covered. A power cut leaves any state that a journalling file system may leave.

import type { Dice } from "../fake-site/dice.ts";

export interface Inode {
  readonly kind: "file" | "directory" | "link";
  /** Of a link: what it says. */
  content: Uint8Array;
  /** What an fsync has covered; null before the first. */
  synced: Uint8Array | null;
  mode: number;
  modifiedMs: number;
  links: number;
  /** Of a directory: as the kernel shows it, and as it would be read after a power cut at worst. */
  readonly names: Map<string, Inode>;
  readonly durable: Map<string, Inode>;
}

/** Names that appear, move or go at once: a rename changes two. Null: the name goes. */
export type NameChange = readonly [directory: Inode, name: string, inode: Inode | null];

export function makeInode(kind: Inode["kind"], mode: number, modifiedMs: number): Inode {
  const nothing = new Uint8Array();
  const inode = { kind, mode, modifiedMs, content: nothing, synced: null, links: 0 };
  return { ...inode, names: new Map(), durable: new Map() };
}

export class MemoryDisk {
  root: Inode = makeInode("directory", 0o755, 0);
  /** Beyond it nothing can be written. */
  capacityBytes: number = Number.POSITIVE_INFINITY;
  /** Changes of names in their order, none of which is durable for sure. */
  #pending: (readonly NameChange[])[] = [];

  change(...changes: readonly NameChange[]): void {
    for (const [directory, name, inode] of changes) setName(directory.names, name, inode);
    this.#pending.push(changes);
  }

  /**
   * Makes the directory's names durable, and its own, as ext4, XFS and btrfs do. What these rest on
   * comes along: earlier changes of the same names, and the directories in which they are.
   */
  sync(directory: Inode): void {
    const chosen = this.#pending.map((changes) =>
      changes.some(([at, , inode]) => at === directory || inode === directory),
    );
    this.#settle(chosen);
  }

  /** Everything is durable: the kernel writes back by itself within half a minute. */
  writeBack(): void {
    this.#settle(this.#pending.map(() => true));
    for (const inode of inodesBelow(this.root, "names", new Set())) inode.synced = inode.content;
  }

  /** Of all that wasn't synced, chance says what is there. Nothing that runs survives it. */
  powerCut(dice: Dice): void {
    // Most file systems write their journal in order; the promise of fsync doesn't need that.
    const inOrder = dice.falls(0.5);
    const cut = Math.floor(dice.fraction() * (this.#pending.length + 1));
    this.#settle(this.#pending.map((_, index) => (inOrder ? index < cut : dice.falls(0.5))));
    this.#pending = [];
    const seen = new Set<Inode>();
    for (const inode of inodesBelow(this.root, "durable", seen)) {
      inode.links = 0;
      inode.names.clear();
    }
    for (const inode of seen) {
      for (const [name, child] of inode.durable) setName(inode.names, name, child);
      if (inode.kind === "file") tear(inode, dice);
    }
  }

  /** A copy as a snapshot of the machine would hold it; open to a power cut of its own. */
  clone(): MemoryDisk {
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const copy = { ...inode, names: new Map(), durable: new Map() };
      copies.set(inode, copy);
      for (const [name, child] of inode.names) copy.names.set(name, copyOf(child));
      for (const [name, child] of inode.durable) copy.durable.set(name, copyOf(child));
      return copy;
    };
    const disk = new MemoryDisk();
    disk.root = copyOf(this.root);
    disk.capacityBytes = this.capacityBytes;
    disk.#pending = this.#pending.map((changes) =>
      changes.map(([at, name, inode]): NameChange => {
        return [copyOf(at), name, inode === null ? null : copyOf(inode)];
      }),
    );
    return disk;
  }

  usedBytes(): number {
    let bytes = 0;
    for (const { content } of inodesBelow(this.root, "names", new Set())) bytes += content.length;
    return bytes;
  }

  /** The files below a directory at any depth, by their paths; one with two names comes twice. */
  filesBelow(path: string): Map<string, Inode> {
    const parts = path.split("/").filter((part) => part !== "");
    let top: Inode | undefined = this.root;
    for (const part of parts) top = top?.names.get(part);
    const found = new Map<string, Inode>();
    const walk = (at: string, { names }: Inode): void => {
      for (const [name, child] of names) {
        if (child.kind === "file") found.set(`${at}/${name}`, child);
        else if (child.kind === "directory") walk(`${at}/${name}`, child);
      }
    };
    if (top !== undefined) walk(path, top);
    return found;
  }

  /** Of the whole disk. */
  freeShare(): number {
    const { capacityBytes } = this;
    return Number.isFinite(capacityBytes) ? 1 - this.usedBytes() / capacityBytes : 1;
  }

  /** Whether a file with this content would be there after the worst power cut. */
  holdsDurably(content: Uint8Array): boolean {
    for (const { synced } of inodesBelow(this.root, "durable", new Set())) {
      if (synced !== null && Buffer.compare(synced, content) === 0) return true;
    }
    return false;
  }

  #settle(chosen: boolean[]): void {
    const pending = this.#pending;
    for (let index = pending.length - 1; index >= 0; index--) {
      if (!chosen[index]) continue;
      for (let earlier = 0; earlier < index; earlier++) {
        chosen[earlier] ||= restsOn(pending[index]!, pending[earlier]!);
      }
    }
    for (const [index, changes] of pending.entries()) {
      if (!chosen[index]) continue;
      for (const [directory, name, inode] of changes) {
        if (inode === null) directory.durable.delete(name);
        else directory.durable.set(name, inode);
      }
    }
    this.#pending = pending.filter((_, index) => !chosen[index]);
  }
}

function restsOn(later: readonly NameChange[], earlier: readonly NameChange[]): boolean {
  return later.some(([at, name]) =>
    earlier.some((other) => other[2] === at || (other[0] === at && other[1] === name)),
  );
}

function setName(names: Map<string, Inode>, name: string, inode: Inode | null): void {
  const before = names.get(name);
  if (before !== undefined) before.links -= 1;
  if (inode === null) names.delete(name);
  else names.set(name, inode);
  if (inode !== null) inode.links += 1;
}

function inodesBelow(inode: Inode, view: "names" | "durable", seen: Set<Inode>): Set<Inode> {
  if (seen.has(inode)) return seen;
  seen.add(inode);
  for (const child of inode[view].values()) inodesBelow(child, view, seen);
  return seen;
}

/** Content that wasn't synced: all of it, nothing, a part, or the right length of zeros. */
function tear(inode: Inode, dice: Dice): void {
  if (inode.synced !== null) inode.content = inode.synced;
  else if (dice.falls(0.25)) inode.content = new Uint8Array(inode.content.length);
  else if (dice.falls(0.7)) {
    inode.content = inode.content.slice(
      0,
      Math.floor(dice.fraction() * (inode.content.length + 1)),
    );
  }
  inode.synced = inode.content;
}
