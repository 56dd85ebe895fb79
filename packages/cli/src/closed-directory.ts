// A directory of the settings that this user may not enter, or not write in.

import { dirname } from "node:path";
import { realProbes } from "@siteferry/agent";
import { FerryError, printable, systemCode } from "@siteferry/model";

/** Of EACCES: whose directory it is, and `advice` for it and this user; any other failure as it is. */
export async function explainClosed(
  cause: unknown,
  advice: (directory: string, user: string, owner: string) => string,
): Promise<unknown> {
  if (systemCode(cause) !== "EACCES") return cause;
  const { path, syscall } = cause as NodeJS.ErrnoException;
  if (path === undefined) return cause;
  const probes = realProbes();
  // What was to be made isn't there: it is its parent that is closed.
  const closed = dirname(path);
  const entry = await probes.look(closed).catch(() => null);
  const owner = entry === null ? "another user" : await probes.userName(entry.user);
  const { name } = probes.user;
  return new FerryError(
    "settings-unreadable",
    `${printable(closed)} belongs to ${owner}, and is closed to ${name}`,
    { cause, advice: advice(syscall === "mkdir" ? path : closed, name, owner) },
  );
}
