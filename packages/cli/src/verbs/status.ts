// siteferry status: how each site is, for people.

import { openLog, readSettings } from "@siteferry/agent";
import {
  lookAtSites,
  receiverSchema,
  type SiteView,
  statusRecord,
  statusTable,
} from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";

interface StatusOptions {
  readonly config: string;
}

export async function showStatus({
  config,
  json,
}: StatusOptions & { readonly json: boolean }): Promise<void> {
  const all = await lookAtAll(config);
  const nowMs = Date.now();
  const records = all.map((one) => statusRecord(one, nowMs));
  process.stdout.write(`${json ? JSON.stringify(records, null, 2) : statusTable(all, nowMs)}\n`);
}

/** @throws FerryError if the settings or the spool can't be read */
export async function lookAtAll(config: string): Promise<readonly SiteView[]> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  return await lookAtSites(settings, await openLog({ name: "status", level: "error" }));
}
