// The real file system behind the `FileSystem` of the model.

import { constants, type Stats } from "node:fs";
import {
  chown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import {
  FerryError,
  type FileStatus,
  type FileSystem,
  printable,
  type ReadOptions,
  systemCode,
} from "@siteferry/model";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export const nodeFiles: FileSystem = {
  async read(path, bytesMax, options) {
    const { file, size } = await openPlain(path, bytesMax, options);
    try {
      const content = Buffer.allocUnsafeSlow(size);
      for (let filled = 0; filled < size;) filled += await readSome(file, path, content, filled);
      return content;
    } finally {
      await file.close();
    }
  },

  async readParts(path, bytesMax, take, options) {
    const { file, size } = await openPlain(path, bytesMax, options);
    try {
      const part = Buffer.allocUnsafeSlow(Math.min(size, partBytes));
      for (let begin = 0; begin < size; begin += part.length) {
        const wanted = part.subarray(0, size - begin);
        for (let filled = 0; filled < wanted.length;) {
          filled += await readSome(file, path, wanted, filled, begin);
        }
        take(wanted);
      }
    } finally {
      await file.close();
    }
  },

  async writeNew(path, content, mode) {
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      // The umask must not take from the core's user what the operator configured.
      await setMode(file, mode);
      await writeAll(file, content);
      await file.sync();
    } catch (error) {
      // After a failed fsync the kernel may have dropped the pages and report success next time:
      // this file is worthless, start again with a new one.
      await file.close();
      await unlink(path).catch(() => {});
      throw named(error, path);
    }
    await file.close();
  },

  async touch(path, mode) {
    const file = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode);
    try {
      await setMode(file, mode);
    } finally {
      await file.close();
    }
  },

  async symlink(target, path) {
    await symlink(target, path);
  },

  async readLink(path) {
    return await readlink(path).catch((error: unknown) => {
      if (!["EINVAL", "ENOENT"].includes(systemCode(error) ?? "")) throw error;
      return null;
    });
  },

  link,
  rename,

  async unlink(path) {
    await unlink(path).catch(unless("ENOENT"));
  },

  async removeDirectory(path) {
    await rmdir(path).catch(unless("ENOENT"));
  },

  async list(directory) {
    return await readdir(directory);
  },

  async status(path) {
    const stats = await lstat(path).catch(unless("ENOENT"));
    return stats === undefined ? null : statusOf(stats);
  },

  async makeDirectory(path, mode) {
    const first = await mkdir(path, { recursive: true, mode });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      await nodeFiles.syncDirectory(dirname(made));
    }
  },

  async syncDirectory(path) {
    const directory = await open(path, O_RDONLY | O_DIRECTORY);
    try {
      // Some shares (SMB, some FUSE) can't sync a directory and say EINVAL; they give no more.
      await directory.sync().catch(unless("EINVAL"));
    } catch (error) {
      throw named(error, path);
    } finally {
      await directory.close();
    }
  },

  async setOwner(path, groupId) {
    await chown(path, -1, groupId);
  },
};

const partBytes = 1024 * 1024;

async function openPlain(
  path: string,
  bytesMax: number,
  options?: ReadOptions,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  // Without O_NONBLOCK the open of a FIFO blocks a thread of the pool; four of them freeze all
  // file I/O of the process.
  const follow = options?.trusted === true ? 0 : O_NOFOLLOW;
  const file = await open(path, O_RDONLY | O_NONBLOCK | follow).catch((error: unknown) => {
    throw systemCode(error) === "ELOOP" ? unsuitable(path, "is a symbolic link", error) : error;
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unsuitable(path, "isn't a plain file");
    if (options?.trusted !== true && stats.nlink > 1) {
      // Not to be removed: its writer may be between link and unlink.
      throw new FerryError("system-error", `${printable(path)} has a second name (hard link)`);
    }
    if (options?.secret === true && (stats.mode & 0o077) !== 0) {
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
      throw new FerryError(
        "key-unusable",
        `${printable(path)} has mode ${mode}: others may read it`,
        {
          advice: `chmod 600 ${printable(path)}; if somebody may have read it, make a new one.`,
        },
      );
    }
    if (stats.size > bytesMax) {
      throw unsuitable(path, `has ${stats.size} bytes, over the limit of ${bytesMax}`);
    }
    return { file, size: stats.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function unsuitable(path: string, problem: string, cause?: unknown): FerryError {
  return new FerryError("file-unsuitable", `${printable(path)} ${problem}`, { cause });
}

/** Fills `content` from `filled` on, which lies at `begin` in the file; returns how many bytes came. */
async function readSome(
  file: FileHandle,
  path: string,
  content: Buffer,
  filled: number,
  begin = 0,
): Promise<number> {
  const { bytesRead } = await file.read(content, filled, content.length - filled, begin + filled);
  if (bytesRead === 0) throw unsuitable(path, "became shorter while it was read");
  return bytesRead;
}

/** A stick with FAT has no modes, and its driver says so with EPERM. */
async function setMode(file: FileHandle, mode: number): Promise<void> {
  await file.chmod(mode).catch((error: unknown) => {
    if (systemCode(error) !== "EPERM") throw error;
  });
}

async function writeAll(file: FileHandle, content: Uint8Array): Promise<void> {
  let written = 0;
  while (written < content.length) {
    const { bytesWritten } = await file.write(content, written);
    written += bytesWritten;
  }
}

/** A handler that swallows one expected failure. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (systemCode(error) !== code) throw error;
    return undefined;
  };
}

/** Failures of an open file don't say which one it was. */
function named(error: unknown, path: string): unknown {
  if (error instanceof Error) error.message += `, '${path}'`;
  return error;
}

function statusOf(stats: Stats): FileStatus {
  return {
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other",
    sizeBytes: stats.size,
    modifiedMs: stats.mtimeMs,
    links: stats.nlink,
    mode: stats.mode & 0o7777,
    device: stats.dev,
  };
}
