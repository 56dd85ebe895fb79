// The world as it is handed in: clock, randomness, files, log. Only files that say so touch the
// real one; everything else runs as well in a test or a simulation.

export interface Clock {
  /** Milliseconds since 1970, of the wall clock: it may step. */
  now(): number;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** What a directory entry is, links not followed. */
export interface FileStatus {
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly links: number;
  /** Permission bits. */
  readonly mode: number;
  readonly device: number;
}

/**
 * A file system, as narrow as the spool needs it, so that a simulation can enumerate what a crash
 * may leave. Failures carry the system's `code` (`ENOENT`, `EEXIST`, `ENOSPC`, …) as node:fs does.
 */
export interface FileSystem {
  /**
   * The whole content of a regular file. Never follows a link at the end of the path, never blocks on
   * a FIFO. Throws `file-unsuitable` for anything but a plain file with one name, and for one over
   * `bytesMax`.
   */
  read(path: string, bytesMax: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * As `read`, for a file too large to hold: its bytes part by part. A part is `take`'s only until it
   * returns.
   */
  readParts(
    path: string,
    bytesMax: number,
    take: (part: Uint8Array) => void,
    options?: ReadOptions,
  ): Promise<void>;
  /** Creates a file that must not exist, writes all of it and syncs it; removes it if that fails. */
  writeNew(path: string, content: Uint8Array, mode: number): Promise<void>;
  /** Creates an empty file; it is no error if it exists. */
  touch(path: string, mode: number): Promise<void>;
  /** A symbolic link that says `target`, whether that exists or not; fails with `EEXIST`. */
  symlink(target: string, path: string): Promise<void>;
  /** What a symbolic link says; null for anything else, and for nothing. */
  readLink(path: string): Promise<string | null>;
  /** A second name for a file; fails with `EEXIST`. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a symbolic link; one that is gone already is no error. */
  unlink(path: string): Promise<void>;
  /** Removes an empty directory (else `ENOTEMPTY`); one that is gone already is no error. */
  removeDirectory(path: string): Promise<void>;
  /** Names in a directory, unsorted. */
  list(directory: string): Promise<string[]>;
  /** Null if there is nothing of this name. */
  status(path: string): Promise<FileStatus | null>;
  /** With its parents; no error if it exists. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  setOwner(path: string, groupId: number): Promise<void>;
}

export interface ReadOptions {
  /** The operator's own files (settings, keys) may be links and have several names. */
  readonly trusted?: boolean;
  /** Refused with `key-unusable` if others may read it, wherever a link leads. */
  readonly secret?: boolean;
}

/** pino's shape: fields first, then a sentence for people. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What long work says to somebody who waits for it at a terminal; nothing is kept of it. */
export interface Progress {
  /**
   * A step begins, such as `Reading services`. `total`: how much there is to do, if that is known; `done`:
   * how far it is already, or the number of the one that it is about.
   */
  begin(doing: string, total?: number, done?: number): void;
  /** So much more is done. */
  add(count: number): void;
}

/** What the agents are given to live in. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: FileSystem;
  readonly log: Log;
  /** Absent where nobody waits: cron, the daemon. */
  readonly progress?: Progress | undefined;
}
