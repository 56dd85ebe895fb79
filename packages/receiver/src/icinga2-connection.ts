// A connection to an Icinga 2 of the settings, and what it says of its hosts, for targets that reach it
// another way.

import { readKey, readText } from "@siteferry/agent";
import { icinga2Api, type Icinga2Api, icinga2Client } from "@siteferry/apply";
import type { FileSystem } from "@siteferry/model";
import type { Icinga2Settings } from "./icinga2-settings.ts";

/**
 * @throws FerryError `core-unreachable`, `core-refused`, `peer-unknown`, or what the operator's files are
 *   refused with
 */
export async function withIcinga2<T>(
  files: FileSystem,
  target: Icinga2Settings,
  use: (api: Icinga2Api) => Promise<T>,
): Promise<T> {
  const connection = icinga2Client({
    ...target,
    timeoutMs: target.timeout,
    ca: await readText(files, target.ca),
    password: (await readKey(files, target.password)).trim(),
  });
  try {
    return await use(icinga2Api(connection));
  } finally {
    await connection.close();
  }
}

/** Hosts that it has from elsewhere than siteferry's package. Throws as {@link withIcinga2}. */
export async function foreignHostsAt(
  files: FileSystem,
  target: Icinga2Settings,
): Promise<ReadonlySet<string>> {
  return await withIcinga2(files, target, (api) => api.foreignHosts(target.package));
}
