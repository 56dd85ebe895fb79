// What an Icinga 2 of the settings says of its hosts, for targets that reach it another way.

import { readKey, readText } from "@siteferry/agent";
import { icinga2Api, icinga2Client } from "@siteferry/apply";
import type { FileSystem } from "@siteferry/model";
import type { Icinga2Settings } from "./icinga2-settings.ts";

/**
 * Hosts that it has from elsewhere than siteferry's package.
 * @throws FerryError `core-unreachable`, `core-refused`, `peer-unknown`, or what the operator's files are
 *   refused with
 */
export async function foreignHostsAt(
  files: FileSystem,
  target: Icinga2Settings,
): Promise<ReadonlySet<string>> {
  const connection = icinga2Client({
    ...target,
    timeoutMs: target.timeout,
    ca: await readText(files, target.ca),
    password: (await readKey(files, target.password)).trim(),
  });
  try {
    return await icinga2Api(connection).foreignHosts(target.package);
  } finally {
    await connection.close();
  }
}
