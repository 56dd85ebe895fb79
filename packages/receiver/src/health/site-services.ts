// Each site as a service at the centre: what the receiver knows of it, as a check result of its own.

import { checkResultsTarget, type LiveObjects } from "@siteferry/apply";
import {
  type HostName,
  type Seconds,
  type ServiceDescription,
  type ServiceState,
  type SiteId,
} from "@siteferry/model";
import { appliedStore, loadProgress, saveProgress, targetDirectory } from "../applied-store.ts";
import type { Opening } from "../opening.ts";
import type { CheckResultsSettings } from "../settings.ts";
import { type Asking, readFacts } from "./facts.ts";
import { judgeSite, type SiteFacts, type SiteHealth, type SiteView } from "./judge.ts";
import { serviceOf } from "./service-name.ts";
import { pluginOutput } from "./words.ts";

/** For the record of these results: no site can have this id. */
const nobody = "_sites" as SiteId;
const minuteMs = 60_000;
const progressName = "sites.said";

export function viewSites(
  { settings }: Pick<Asking, "settings">,
  facts: readonly SiteFacts[],
  nowMs: number,
): readonly SiteView[] {
  const { warning: warningAfter, critical: criticalAfter } = settings.health;
  return facts.map((one) => {
    const { interval: intervalMs, oneWay } = settings.sites[one.site]!;
    const expected = { warningAfter, criticalAfter, intervalMs, oneWay };
    return { facts: one, expected, health: judgeSite(one, expected, nowMs) };
  });
}

export async function lookAtAllSites(opening: Asking): Promise<readonly SiteView[]> {
  const { sites } = await readFacts(opening);
  return viewSites(opening, sites, opening.world.clock.now());
}

/** One result a site and minute, and one whenever its state is another; nothing if this minute's was given. */
export async function reportSites(
  receiver: Opening,
  host: HostName,
  target: CheckResultsSettings,
  health: readonly SiteHealth[],
  readLive: () => Promise<LiveObjects>,
): Promise<void> {
  const { world, settings, spool } = receiver;
  const directory = targetDirectory(spool, "checkresults", target.dir);
  const minute = Math.floor(world.clock.now() / minuteMs);
  const said = `${minute} ${health.map(({ state }) => state).join("")}`;
  if ((await loadProgress(world, directory, progressName)) === said) return;
  const { dir, core, mode } = target;
  const groupId = await receiver.groupId(target.group);
  const store = appliedStore(world, directory);
  const services = health.flatMap((one) => {
    const description = serviceOf(settings, one.site);
    return description === null ? [] : [stateOf(host, description, one, minute * 60)];
  });
  await checkResultsTarget({ ...world, store }, { directory: dir, core, mode, groupId }).apply({
    site: nobody,
    states: { hosts: [], services },
    hostName: (name) => name,
    isLive: await readLive(),
  });
  await saveProgress(world, directory, progressName, said);
}

function stateOf(
  host_name: HostName,
  description: ServiceDescription,
  health: SiteHealth,
  now: Seconds,
): ServiceState {
  const [first = "", ...details] = pluginOutput(health).split("\n");
  const [plugin_output = "", perf_data = ""] = first.split(" | ");
  return {
    host_name,
    description,
    has_been_checked: 1,
    state: health.state,
    state_type: 1,
    current_attempt: 1,
    last_check: now,
    last_state_change: now,
    last_hard_state: null,
    last_hard_state_change: null,
    latency: 0,
    execution_time: 0,
    plugin_output,
    long_plugin_output: details.join("\n"),
    perf_data,
    acknowledged: 0,
    acknowledgement_type: null,
    scheduled_downtime_depth: 0,
    is_flapping: null,
    percent_state_change: null,
    staleness: null,
  };
}
