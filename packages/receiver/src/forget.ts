// An operator's word that a site may number its bundles anew from anywhere: its clock was wrong when it
// began, or it began too often. Only the order is forgotten; what the site showed last stays. What was
// refused for its epoch is judged again: the site's next keyframe may be an hour away.

import { type FileSystem, parseBundleName, type SiteId } from "@siteferry/model";
import { listQuarantine } from "@siteferry/spool";
import { loadSiteRecord, saveSiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { forgetEpoch } from "./order.ts";
import { judgeAgain } from "./quarantine.ts";
import type { ReceiverSettings } from "./settings.ts";

/** Leaves a request that the receiver carries out at the start of its next run. No lock is needed. */
export async function forget(
  files: FileSystem,
  { spool }: Pick<ReceiverSettings, "spool">,
  site: SiteId,
): Promise<void> {
  const state = `${spool}/receiver/state`;
  await files.makeDirectory(state, 0o700);
  await files.touch(requestPath(`${spool}/receiver`, site), 0o600);
  await files.syncDirectory(state);
}

/** The request goes after the record is durable: a crash between them forgets twice, which is once. */
export async function carryOutForget({ world, spool }: Opening, site: SiteId): Promise<void> {
  const { files, log } = world;
  const request = requestPath(spool, site);
  if ((await files.status(request)) === null) return;
  const record = await loadSiteRecord(files, spool, site);
  if (record !== null) {
    const mark = forgetEpoch(record.mark, world.clock.now());
    await saveSiteRecord(world, spool, site, { ...record, mark });
    log.warn(
      { site, epoch: record.mark.epoch },
      `Forgot the numbers of ${site}, as the operator said`,
    );
  }
  for (const file of await listQuarantine(files, `${spool}/quarantine`)) {
    const isOfSite = parseBundleName(file.note.name)?.site === site;
    if (isOfSite && judgedAgain.includes(file.note.code)) await judgeAgain(files, spool, file);
  }
  await files.unlink(request);
  await files.syncDirectory(`${spool}/state`);
}

/** What is of the future stays there. */
const judgedAgain: readonly string[] = ["epoch-old", "epoch-churn"];

function requestPath(spool: string, site: SiteId): string {
  return `${spool}/state/forget-${site}`;
}
