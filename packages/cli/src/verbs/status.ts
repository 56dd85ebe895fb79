// siteferry status: how each site is, for people.

import { openLog, readSettings, stateNames } from "@siteferry/agent";
import { healthTable, lookAtSites, receiverSchema, type SiteHealth } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";

interface StatusOptions {
  readonly config: string;
}

export async function showStatus({
  config,
  json,
}: StatusOptions & { readonly json: boolean }): Promise<void> {
  const all = await lookAtAll(config);
  const named = all.map((one) => ({ ...one, state: stateNames[one.state] }));
  process.stdout.write(`${json ? JSON.stringify(named, null, 2) : healthTable(all)}\n`);
}

/** @throws FerryError if the settings or the spool can't be read */
export async function lookAtAll(config: string): Promise<readonly SiteHealth[]> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  return await lookAtSites(settings, await openLog({ name: "status", level: "error" }));
}
