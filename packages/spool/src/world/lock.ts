// One agent in one spool: flock(2) through util-linux on an inherited descriptor. It belongs to the
// open file, so it holds through a freeze of the process and goes away with it; a lock by process
// id or time stamp gave two holders after a 12 s SIGSTOP.

import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { FerryError, printable } from "@siteferry/model";

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, which is made if it is missing.
 * @param options.patienceSeconds how long another holder is waited for; by default not at all.
 * @throws FerryError `spool-busy` if another process holds it.
 */
export async function takeLock(
  path: string,
  { patienceSeconds = 0 }: { readonly patienceSeconds?: number } = {},
): Promise<Lock> {
  const file = await open(path, "a", 0o600);
  try {
    const status = await flock(file.fd, patienceSeconds);
    if (status === 0) return { release: () => file.close() };
    throw status === 1
      ? new FerryError("spool-busy", `${printable(path)} is held by another siteferry`)
      : new FerryError("system-error", `flock failed on ${printable(path)} with status ${status}`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** flock(1)'s exit status on a descriptor that child and parent share: 0 taken, 1 busy. */
async function flock(descriptor: number, patienceSeconds: number): Promise<number> {
  const patience = patienceSeconds === 0 ? ["--nonblock"] : ["--timeout", String(patienceSeconds)];
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
