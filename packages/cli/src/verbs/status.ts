// siteferry status: how each site is, for people.

import { openLog, painterFor, readSettings } from "@siteferry/agent";
import {
  lookAtReceiver,
  lookAtSites,
  receiverSchema,
  type ReceiverView,
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
  const { sites: all, ...own } = await lookAtAll(config);
  const nowMs = Date.now();
  const text = json
    ? JSON.stringify(
        all.map((one) => statusRecord(one, nowMs)),
        null,
        2,
      )
    : statusTable(all, nowMs, painterFor(process.stdout), own);
  process.stdout.write(`${text}\n`);
}

/** @throws FerryError if the settings or the spool can't be read */
export async function lookAtAll(
  config: string,
): Promise<{ readonly sites: readonly SiteView[] } & ReceiverView> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  const log = await openLog({ name: "status", level: "error" });
  return {
    sites: await lookAtSites(settings, log),
    ...(await lookAtReceiver(settings, log)),
  };
}
