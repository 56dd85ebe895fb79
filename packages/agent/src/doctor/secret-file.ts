// A file that only its user may read: a key, a password, a token.

import { fail, type Finding, ok } from "./finding.ts";
import type { Probes } from "./probes.ts";

/**
 * What is wrong with its place, owner and mode, or null.
 * @param make how one is made, for the advice.
 */
export async function secretFileFault(
  { look, may, user, userName }: Probes,
  path: string,
  make: string,
): Promise<Finding | null> {
  const entry = await look(path);
  if (entry === null) return fail(`${path} isn't there`, make);
  if (entry.kind !== "file") return fail(`${path} is no plain file`, make);
  if ((entry.mode & 0o077) !== 0) {
    const mode = entry.mode.toString(8).padStart(4, "0");
    return fail(`${path} has mode ${mode}: others may read it`, `chmod 600 ${path}`);
  }
  if (await may(path, "read")) return null;
  const owner = await userName(entry.user);
  return fail(
    `${path} belongs to ${owner}, and ${user.name} may not read it`,
    `As root: chown ${user.name} ${path}`,
  );
}

export async function checkSecretFile(
  probes: Probes,
  path: string,
  make: string,
): Promise<readonly Finding[]> {
  return [(await secretFileFault(probes, path, make)) ?? ok(`${path}: only its user may read it`)];
}

/** A list of keys to believe: whoever may write it may add one. Nothing if all is well. */
export async function listFault({ look }: Probes, path: string): Promise<readonly Finding[]> {
  const entry = await look(path);
  if (entry === null || (entry.mode & 0o002) === 0) return [];
  const what = `${path} can be written by everybody, who so may add a key to believe`;
  return [fail(what, `chmod o-w ${path}`)];
}
