// Each site as a service at the centre: what the receiver knows of it, as a check result of its own.

import {
  type AppliedStore,
  checkResultsTarget,
  type CoreObjects,
  deliverStates,
  type Icinga2Api,
  type ResultCounts,
  stampTime,
  withResults,
} from "@siteferry/apply";
import {
  type HostName,
  type Seconds,
  type ServiceDescription,
  type ServiceState,
  type SiteId,
  type States,
  type World,
} from "@siteferry/model";
import { appliedStore, loadProgress, saveProgress, targetDirectory } from "../applied-store.ts";
import { withIcinga2 } from "../icinga2-connection.ts";
import { icinga2Directory, type Icinga2Settings } from "../icinga2-settings.ts";
import type { Opening } from "../opening.ts";
import { readLiveObjects } from "../live-objects.ts";
import type { CheckResultsSettings } from "../settings.ts";
import { type Asking, readFacts } from "./facts.ts";
import { judgeSite, type SiteFacts, type SiteHealth, type SiteView } from "./judge.ts";
import { siteServicesAt } from "./service-name.ts";
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

/** A core that shows the services. */
interface ShowingCore {
  /** For people. */
  readonly where: string;
  /** What is remembered of it. */
  readonly directory: string;
  apply(results: typeof shared & { readonly states: States }): Promise<ResultCounts>;
}

const shared = { site: nobody, hostName: (name: HostName): HostName => name };

/** How many of the services the core hasn't got, so that nobody sees them. */
export async function reportSites(
  receiver: Opening,
  host: HostName,
  health: readonly SiteHealth[],
  target: { readonly checkresults: CheckResultsSettings } | { readonly icinga2: Icinga2Settings },
): Promise<number> {
  if ("checkresults" in target) {
    return await showAt(receiver, host, health, checkResultsCore(receiver, target.checkresults));
  }
  return await showAt(receiver, host, health, icinga2Core(receiver, host, target.icinga2));
}

function checkResultsCore(receiver: Opening, target: CheckResultsSettings): ShowingCore {
  const { world, spool } = receiver;
  const { dir, core, mode } = target;
  const directory = targetDirectory(spool, "checkresults", dir);
  const store = storeUntilNow(world, directory);
  return {
    where: dir,
    directory,
    async apply(results) {
      const groupId = await receiver.groupId(target.group);
      const { isLive } = await readLiveObjects(receiver, target);
      const into = checkResultsTarget({ ...world, store }, { directory: dir, core, mode, groupId });
      return await into.apply({ ...results, isLive });
    },
  };
}

function icinga2Core(
  { world, spool }: Opening,
  host: HostName,
  target: Icinga2Settings,
): ShowingCore {
  const directory = icinga2Directory(spool, target);
  const store = storeUntilNow(world, directory);
  const { connections } = target;
  return {
    where: target.url,
    directory,
    apply: (results) =>
      withIcinga2(world.files, target, async (api) => {
        const coreObjects = (): Promise<CoreObjects> => servicesOf(api, host);
        const into = { ...world, store, api, coreObjects, connections };
        return await deliverStates(into, { ...results, mayHaveLost: false, source: "siteferry" });
      }),
  };
}

/**
 * These results have the receiver's own time. One of the future was said by a clock that was ahead, and must hold
 * none of now back. The cores don't either: Nagios and Naemon take an older result than they have, Icinga 2 does
 * when the one that it has lies in the future.
 */
function storeUntilNow(world: World, directory: string): AppliedStore {
  const store = appliedStore(world, directory);
  const now = wholeSecond(world.clock.now());
  const load: AppliedStore["load"] = async (site) =>
    withResults(await store.load(site), (_, stamp) => stampTime(stamp) <= now);
  return { ...store, load };
}

/** Rounded up, so that a result isn't older than what the core itself said within this second. */
function wholeSecond(milliseconds: number): Seconds {
  return Math.ceil(milliseconds / 1000);
}

/** Which there are; the core's other objects, which may be many, aren't asked for. */
async function servicesOf(api: Icinga2Api, host: HostName): Promise<CoreObjects> {
  const { services = [] } = (await api.hostAtCore(host)) ?? {};
  return new Map(
    [...services].map(([name]) => [`${host}\t${name}`, { state: -1, checkedUntil: 0 }]),
  );
}

/** One result a site and minute, and one whenever its state is another; nothing if this minute's was given. */
async function showAt(
  { world, settings }: Opening,
  host: HostName,
  health: readonly SiteHealth[],
  { where, directory, apply }: ShowingCore,
): Promise<number> {
  const nowMs = world.clock.now();
  const said = `${Math.floor(nowMs / minuteMs)} ${health.map(({ state }) => state).join("")}`;
  const before = (await loadProgress(world, directory, progressName)).split(" ");
  const missingBefore = Number(before[2] ?? 0);
  if (before.slice(0, 2).join(" ") === said) return missingBefore;
  const now = wholeSecond(nowMs);
  const bySite = new Map(health.map((one) => [one.site, one]));
  const services = siteServicesAt(settings).flatMap(({ site, description }) => {
    const one = bySite.get(site);
    return one === undefined ? [] : [stateOf(host, description, one, now)];
  });
  const counts = await apply({ ...shared, states: { hosts: [], services } });
  const missing = counts.waitingForConfiguration;
  if (missing > 0 && missing !== missingBefore) {
    const message = `${missing} services of sites aren't at ${where}: siteferry doctor receiver says why`;
    world.log.warn({ host, missing }, message);
  }
  await saveProgress(world, directory, progressName, `${said} ${missing}`);
  return missing;
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
