// `FileSystem` over a disk in memory, for one life of a process. It keeps the contract that the real
// one keeps (packages/spool/src/file-system-contract.ts), step by step where that one takes steps.

import {
  type Clock,
  FerryError,
  type FileStatus,
  type FileSystem,
  printable,
  type ReadOptions,
  systemCode,
} from "@siteferry/model";
import { type Inode, makeInode, type MemoryDisk } from "./disk.ts";
import { type Life, systemError } from "./life.ts";

interface Place {
  readonly directory: Inode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

export function memoryFiles(disk: MemoryDisk, clock: Clock, life: Life): FileSystem {
  const access = new Access(disk, clock);
  return {
    read: (path, bytesMax, options) =>
      life.call(`read ${path}`, () => access.read(path, bytesMax, options)),
    readParts: (path, bytesMax, take, options) =>
      life.call(`read ${path}`, () => take(access.read(path, bytesMax, options))),
    async writeNew(path, content, mode) {
      const file = await life.call(`open ${path}`, () => access.create(path, mode));
      try {
        await life.call(
          `write ${path}`,
          () => access.write(file, content, path),
          () => access.write(file, content.subarray(0, content.length >> 1), path),
        );
        await life.call(`fsync ${path}`, () => void (file.synced = file.content));
      } catch (error) {
        await life.call(`unlink ${path}`, () => access.unlink(path));
        throw error;
      }
    },
    touch: (path, mode) =>
      life.call(`touch ${path}`, () => {
        const { inode } = access.place(path, `touch ${path}`);
        if (inode === undefined) access.create(path, mode);
        else inode.mode = mode;
      }),
    symlink: (target, path) =>
      life.call(`symlink ${target} ${path}`, () => access.symlink(target, path)),
    readLink: (path) => life.call(`readlink ${path}`, () => access.readLink(path)),
    link: (from, to) => life.call(`link ${from} ${to}`, () => access.link(from, to)),
    rename: (from, to) => life.call(`rename ${from} ${to}`, () => access.rename(from, to)),
    unlink: (path) => life.call(`unlink ${path}`, () => access.unlink(path)),
    removeDirectory: (path) => life.call(`rmdir ${path}`, () => access.removeDirectory(path)),
    list: (path) =>
      life.call(`list ${path}`, () => [...access.directory(path, `list ${path}`).names.keys()]),
    status: (path) => life.call(`status ${path}`, () => access.status(path)),
    async makeDirectory(path, mode) {
      const parent = await life.call(`mkdir ${path}`, () => access.makeDirectory(path, mode));
      if (parent === null) return;
      await life.call(`fsync of the directory of ${path}`, () => disk.sync(parent));
    },
    syncDirectory: (path) =>
      life.call(`fsync ${path}`, () => disk.sync(access.directory(path, `fsync ${path}`))),
    setOwner: (path) => life.call(`chown ${path}`, () => void access.file(path, `chown ${path}`)),
  };
}

/** Paths → inodes; every method does at once what one system call does. */
class Access {
  readonly #disk: MemoryDisk;
  readonly #clock: Clock;

  constructor(disk: MemoryDisk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
  }

  place(path: string, doing: string): Place {
    const parts = path.split("/").filter((part) => part !== "");
    const name = parts.pop() ?? ".";
    let directory = this.#disk.root;
    for (const part of parts) {
      const next = directory.names.get(part);
      if (next === undefined) throw systemError("ENOENT", doing);
      if (next.kind !== "directory") throw systemError("ENOTDIR", doing);
      directory = next;
    }
    return { directory, name, inode: directory.names.get(name) };
  }

  file(path: string, doing: string): Inode {
    const { inode } = this.place(path, doing);
    if (inode === undefined) throw systemError("ENOENT", doing);
    return inode;
  }

  directory(path: string, doing: string): Inode {
    const inode = this.file(path, doing);
    if (inode.kind !== "directory") throw systemError("ENOTDIR", doing);
    return inode;
  }

  read(path: string, bytesMax: number, options?: ReadOptions): Uint8Array<ArrayBuffer> {
    const { kind, links, mode, content } = this.file(path, `open ${path}`);
    const shown = printable(path);
    if (kind !== "file") throw new FerryError("file-unsuitable", `${shown} isn't a plain file`);
    if (options?.trusted !== true && links > 1) {
      throw new FerryError("system-error", `${shown} has a second name (hard link)`);
    }
    if (options?.secret === true && (mode & 0o077) !== 0) {
      throw new FerryError("key-unusable", `${shown}: others may read it`);
    }
    if (content.length > bytesMax) {
      throw new FerryError("file-unsuitable", `${shown} is over the limit of ${bytesMax}`);
    }
    return Buffer.copyBytesFrom(content);
  }

  create(path: string, mode: number): Inode {
    const { directory, name, inode } = this.place(path, `open ${path}`);
    if (inode !== undefined) throw systemError("EEXIST", `open ${path}`);
    this.#needSpace(1, `open ${path}`);
    const file = makeInode("file", mode, this.#clock.now());
    this.#disk.change([directory, name, file]);
    return file;
  }

  write(file: Inode, content: Uint8Array, path: string): void {
    this.#needSpace(content.length, `write ${path}`);
    file.content = Uint8Array.from(content);
    file.modifiedMs = this.#clock.now();
  }

  symlink(target: string, path: string): void {
    const { directory, name, inode } = this.place(path, `symlink ${path}`);
    if (inode !== undefined) throw systemError("EEXIST", `symlink ${path}`);
    this.#needSpace(1, `symlink ${path}`);
    const link = makeInode("link", 0o777, this.#clock.now());
    link.content = Buffer.from(target);
    // Journalling file systems keep a short one in the inode: it is there as soon as its name is.
    link.synced = link.content;
    this.#disk.change([directory, name, link]);
  }

  readLink(path: string): string | null {
    const inode = this.#find(path);
    return inode?.kind === "link" ? Buffer.from(inode.content).toString() : null;
  }

  link(from: string, to: string): void {
    const inode = this.file(from, `link ${from}`);
    const target = this.place(to, `link ${to}`);
    if (target.inode !== undefined) throw systemError("EEXIST", `link ${to}`);
    if (inode.kind !== "file") throw systemError("EPERM", `link ${from}`);
    this.#needSpace(1, `link ${to}`);
    this.#disk.change([target.directory, target.name, inode]);
  }

  rename(from: string, to: string): void {
    const source = this.place(from, `rename ${from}`);
    const target = this.place(to, `rename to ${to}`);
    if (source.inode === undefined) throw systemError("ENOENT", `rename ${from}`);
    // Two names of one file: rename(2) does nothing then.
    if (source.inode === target.inode) return;
    if (target.inode?.kind === "directory") throw systemError("EISDIR", `rename to ${to}`);
    this.#disk.change(
      [source.directory, source.name, null],
      [target.directory, target.name, source.inode],
    );
  }

  unlink(path: string): void {
    const { directory, name, inode } = this.place(path, `unlink ${path}`);
    if (inode === undefined) return;
    if (inode.kind === "directory") throw systemError("EISDIR", `unlink ${path}`);
    this.#disk.change([directory, name, null]);
  }

  removeDirectory(path: string): void {
    const { directory, name, inode } = this.place(path, `rmdir ${path}`);
    if (inode === undefined) return;
    if (inode.kind !== "directory") throw systemError("ENOTDIR", `rmdir ${path}`);
    if (inode.names.size > 0) throw systemError("ENOTEMPTY", `rmdir ${path}`);
    this.#disk.change([directory, name, null]);
  }

  status(path: string): FileStatus | null {
    const inode = this.#find(path);
    if (inode === undefined) return null;
    const { content, modifiedMs, links, mode } = inode;
    const kind = inode.kind === "link" ? "other" : inode.kind;
    return { kind, sizeBytes: content.length, modifiedMs, links, mode, device: 1 };
  }

  /** The directory in which the first missing one was made; null if none was missing. */
  makeDirectory(path: string, mode: number): Inode | null {
    let first: Inode | null = null;
    let directory = this.#disk.root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      let next = directory.names.get(name);
      if (next === undefined) {
        this.#needSpace(1, `mkdir ${path}`);
        next = makeInode("directory", mode, this.#clock.now());
        this.#disk.change([directory, name, next]);
        first ??= directory;
      }
      if (next.kind !== "directory") throw systemError("EEXIST", `mkdir ${path}`);
      directory = next;
    }
    return first;
  }

  /** Undefined also where a directory on the way is missing. */
  #find(path: string): Inode | undefined {
    try {
      return this.place(path, `stat ${path}`).inode;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #needSpace(bytes: number, doing: string): void {
    const { capacityBytes } = this.#disk;
    if (!Number.isFinite(capacityBytes)) return;
    if (this.#disk.usedBytes() + bytes > capacityBytes) throw systemError("ENOSPC", doing);
  }
}
