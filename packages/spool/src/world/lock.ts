// One agent in one spool, a few processes in one place: flock(2) through util-linux on an inherited
// descriptor. It belongs to the open file, so it holds through a freeze of the process and goes away with
// it; a lock by process id or time stamp gave two holders after a 12 s SIGSTOP.

import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { FerryError, printable } from "@siteferry/model";

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, which is made if it is missing.
 * @param options.patienceSeconds how long another holder is waited for; by default not at all.
 * @throws FerryError `spool-busy` if another process holds it.
 */
export async function takeLock(path: string): Promise<Lock> {
  const lock = await waitForLock(path, 0);
  if (lock !== null) return lock;
  throw new FerryError("spool-busy", `${printable(path)} is held by another siteferry`);
}

/** As {@link takeLock}, but waits so long; null if another process holds it still. */
export async function waitForLock(path: string, waitMs: number): Promise<Lock | null> {
  const file = await open(path, "a", 0o600);
  try {
    const status = await flock(file.fd, waitMs);
    if (status === 0) return { release: () => file.close() };
    if (status !== 1) {
      throw new FerryError(
        "system-error",
        `flock failed on ${printable(path)} with status ${status}`,
      );
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return null;
}

const lookAgainMs = 50;

/**
 * Takes one of `count` places, which are the lock files `path.1`, `path.2`, …; null if none became free
 * in `waitMs`. Whoever waits stands in a queue, and only the first of it looks again and again.
 */
export async function waitForPlace(
  path: string,
  count: number,
  waitMs: number,
): Promise<Lock | null> {
  const endMs = performance.now() + waitMs;
  const some = await waitForLock(`${path}.${(process.pid % count) + 1}`, 0);
  if (some !== null) return some;
  const queue = await waitForLock(`${path}.queue`, waitMs);
  if (queue === null) return null;
  try {
    for (;;) {
      for (let number = 1; number <= count; number++) {
        const place = await waitForLock(`${path}.${number}`, 0);
        if (place !== null) return place;
      }
      if (performance.now() >= endMs) return null;
      await pause(lookAgainMs);
    }
  } finally {
    await queue.release();
  }
}

/** flock(1)'s exit status on a descriptor that child and parent share: 0 taken, 1 busy. */
async function flock(descriptor: number, waitMs: number): Promise<number> {
  const patience = waitMs === 0 ? ["--nonblock"] : ["--timeout", (waitMs / 1000).toFixed(3)];
  const child = spawn("flock", [...patience, "3"], {
    stdio: ["ignore", "ignore", "ignore", descriptor],
  });
  return await new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => {
      reject(
        new FerryError("system-error", "The command flock (package util-linux) can't be run", {
          cause,
        }),
      );
    });
    child.once("exit", (status) => resolve(status ?? -1));
  });
}
