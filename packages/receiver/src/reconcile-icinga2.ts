// Reconcile, Icinga 2: first the configurations of all sites into the core's package, then the states of
// each site, both through the core's API and against what it shows there.

import {
  activePackage,
  type CoreObjects,
  deliverStates,
  icinga2SiteServices,
  type Icinga2Api,
  type Icinga2Counts,
  reconcilePackage,
  renderIcinga2Site,
  siteServicesPath,
  type SitePiece,
  type SiteRefusal,
  type WantedSites,
} from "@siteferry/apply";
import { errorFields, explain, type HostName, type SiteId } from "@siteferry/model";
import { tellRefusedValues } from "./activation/tell.ts";
import { askApprovals } from "./approval.ts";
import { appliedStore, hashOf, loadProgress, saveProgress } from "./applied-store.ts";
import { statesFor, tellCentreHosts } from "./centre-hosts.ts";
import {
  type KnownConfiguration,
  knownConfigurations,
  openSiteObjects,
  tellKept,
} from "./configurations.ts";
import { saveRefusedValues } from "./health/refused-values.ts";
import { siteServicesAt } from "./health/service-name.ts";
import { withIcinga2 } from "./icinga2-connection.ts";
import { icinga2Directory, type Icinga2Settings } from "./icinga2-settings.ts";
import { loadSiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { nameAtCentre } from "./ownership.ts";
import { forgetRejected, packageStore, savePackagedSites } from "./package-store.ts";
import { loadShownStates, shownStamp, type SilentSites } from "./silence.ts";
import { correctionAt } from "./site-clock.ts";

/** What a run did at one Icinga 2. */
export interface Icinga2Report {
  /** Whether another stage is active than before. */
  activated: boolean;
  /** Uploads that the core refused, and other failures that are logged. */
  failed: number;
  results: number;
  newerAtCore: number;
  /** Results that are older than what the core was handed. */
  older: number;
  waitingForConfiguration: number;
  /** Hosts that come from elsewhere than the package, whose states were left out. */
  centreHosts: number;
  /** Sites whose first configuration waits for an operator. */
  awaitingApproval: readonly SiteId[];
}

/**
 * One site that fails doesn't keep the others waiting, nor a configuration that the core refuses the
 * states.
 * @throws FerryError `core-unreachable`, `core-refused`, `peer-unknown`, or what the operator's files are
 *   refused with
 */
export async function reconcileIcinga2(
  receiver: Opening,
  target: Icinga2Settings,
  silent: SilentSites,
): Promise<Icinga2Report> {
  return await withIcinga2(receiver.world.files, target, (api) =>
    new Run(receiver, target, api, silent).run(),
  );
}

class Run {
  readonly #receiver: Opening;
  readonly #target: Icinga2Settings;
  readonly #api: Icinga2Api;
  readonly #silent: SilentSites;
  readonly #directory: string;
  readonly #report: Icinga2Report = {
    activated: false,
    failed: 0,
    results: 0,
    newerAtCore: 0,
    older: 0,
    waitingForConfiguration: 0,
    centreHosts: 0,
    awaitingApproval: [],
  };
  #core: Promise<CoreObjects> | null = null;
  #packagedSites: Promise<ReadonlySet<SiteId>> | null = null;
  #foreignHosts: Promise<ReadonlySet<string>> | null = null;

  constructor(receiver: Opening, target: Icinga2Settings, api: Icinga2Api, silent: SilentSites) {
    this.#receiver = receiver;
    this.#silent = silent;
    this.#target = target;
    this.#api = api;
    this.#directory = icinga2Directory(receiver.spool, target);
  }

  async run(): Promise<Icinga2Report> {
    const { url } = this.#target;
    await this.#attempt(`Objects for ${url}`, () => this.#objects());
    const programStart = await this.#api.programStart();
    for (const site of Object.keys(this.#receiver.settings.sites) as SiteId[]) {
      await this.#attempt(`Check results of ${site} for ${url}`, () =>
        this.#states(site, programStart),
      );
    }
    return this.#report;
  }

  async #objects(): Promise<void> {
    const { world, settings } = this.#receiver;
    const known = await this.#approved();
    const { host } = settings.health;
    const sites = Object.keys(settings.sites) as SiteId[];
    const shown = host === undefined ? [] : [settings.health];
    const wantedIn = (programStart: string): string =>
      JSON.stringify([this.#target, known, programStart, sites, ...shown]);
    const programStart = await this.#api.programStart();
    const progressName = "activated";
    const done = await loadProgress(world, this.#directory, progressName);
    const store = packageStore(world, this.#directory);
    if (wantedIn(programStart) === done) return await forgetRejected(store);
    const more = host === undefined ? {} : await this.#siteServices(host);
    const isNothing = known.length === 0 && Object.keys(more).length === 0;
    if (done === "" && isNothing && (await this.#packaged()).size === 0) {
      return await forgetRejected(store);
    }

    const rendered = await this.#render(known);
    // A site of which nothing is known, such as after the loss of the spool, keeps what the core has of it.
    const wanted = new Map(sites.map((site) => [site, rendered.get(site) ?? null]));
    const { package: packageName, zone = null, reloadEvery, validation } = this.#target;
    const outcome = await reconcilePackage(
      { ...world, api: this.#api, store },
      { packageName, zone, reloadEveryMs: reloadEvery, validationMs: validation },
      wanted,
      more,
    );
    this.#report.failed += outcome.refusals;
    this.#report.activated = outcome.kind === "activated";
    const isWhole = ![...rendered.values()].includes(null);
    if (outcome.kind === "waiting" || outcome.refusals + outcome.held > 0 || !isWhole) return;
    const now = await this.#api.programStart();
    await saveProgress(world, this.#directory, progressName, wantedIn(now));
  }

  /** Nothing, if the core hasn't got the host; whoever hands over their results says so. */
  async #siteServices(host: HostName): Promise<Readonly<Record<string, string>>> {
    const { package: packageName } = this.#target;
    const found = await this.#api.hostAtCore(host);
    if (found === null || found.package === packageName) return {};
    // A service that the operator has defined stays the operator's.
    const wanted = siteServicesAt(this.#receiver.settings).filter(({ description }) =>
      [packageName, undefined].includes(found.services.get(description)),
    );
    if (wanted.length === 0) return {};
    return { [siteServicesPath(found.zone)]: icinga2SiteServices(host, wanted) };
  }

  /** Sites whose first configuration nobody has approved have no objects here, and their results wait. */
  async #approved(): Promise<readonly KnownConfiguration[]> {
    const isLive = async (site: SiteId): Promise<boolean> => (await this.#packaged()).has(site);
    const known = await knownConfigurations(this.#receiver, isLive);
    const asked = await askApprovals(this.#receiver, this.#directory, known, isLive);
    this.#report.awaitingApproval = asked.awaiting;
    const kept: SiteId[] = [];
    for (const { site, header } of asked.approved) {
      if (header === null && (await isLive(site))) kept.push(site);
    }
    await tellKept(this.#receiver, this.#directory, kept);
    return asked.approved;
  }

  /** The sites in the active package. The core is asked only if a site is unknown or nobody approved it. */
  async #packaged(): Promise<ReadonlySet<SiteId>> {
    const { package: packageName } = this.#target;
    return await (this.#packagedSites ??= (async () => {
      const active = await activePackage(this.#api, packageName);
      const sites = new Set(active?.manifest?.sites.keys());
      await savePackagedSites(this.#receiver.world, this.#directory, [...sites]);
      return sites;
    })());
  }

  async #render(known: readonly KnownConfiguration[]): Promise<WantedSites> {
    const { log } = this.#receiver.world;
    const foreign = await this.#api.foreignObjects(this.#target.package);
    const taken = new Set<string>();
    const wanted = new Map<SiteId, SitePiece | null>();
    const allRefused: SiteRefusal[] = [];
    for (const configuration of known) {
      const { site, header } = configuration;
      if (header === null) continue;
      const objects = await openSiteObjects(this.#receiver, configuration);
      if (objects === null) {
        wanted.set(site, null);
        continue;
      }
      const { refused, ...piece } = renderIcinga2Site(objects, foreign, this.#target, taken);
      wanted.set(site, piece);
      tellRefusedValues(log, refused);
      allRefused.push(...refused);
    }
    await saveRefusedValues(this.#receiver.world, this.#directory, allRefused);
    return wanted;
  }

  async #states(site: SiteId, programStart: string): Promise<void> {
    const { world, settings, spool } = this.#receiver;
    const record = await loadSiteRecord(world.files, spool, site);
    const siteSettings = settings.sites[site];
    if (record === null || siteSettings === undefined) return;
    const { arrivals = [] } = record;
    const secondsAhead = await correctionAt(world, this.#directory, site, siteSettings, arrivals);
    const silence = this.#silent.get(site);
    const shown = shownStamp(record, silence);
    const settled = hashOf(shown, programStart, secondsAhead, siteSettings);
    if ((await loadProgress(world, this.#directory, `${site}.settled`)) === settled) return;

    const all = await loadShownStates(this.#receiver, site, record, silence);
    if (all === null) return;
    const foreign = await (this.#foreignHosts ??= this.#api.foreignHosts(this.#target.package));
    const { states, centreHosts } = statesFor(siteSettings, all, (host) => foreign.has(host));
    if (centreHosts > 0) tellCentreHosts(world.log, site, centreHosts);
    this.#report.centreHosts += centreHosts;
    const compared = `${site}.compared`;
    const mayHaveLost = (await loadProgress(world, this.#directory, compared)) !== programStart;
    const core = {
      ...world,
      api: this.#api,
      store: appliedStore(world, this.#directory),
      coreObjects: () => (this.#core ??= this.#api.coreObjects()),
      connections: this.#target.connections,
    };
    const hostName = nameAtCentre(siteSettings);
    const one = { site, states, hostName, mayHaveLost, secondsAhead };
    const counts = await deliverStates(core, one);
    this.#add(counts);
    if (mayHaveLost) await saveProgress(world, this.#directory, compared, programStart);
    const { waitingForConfiguration, refusedByCore, future } = counts;
    if (waitingForConfiguration + refusedByCore + future > 0) return;
    await saveProgress(world, this.#directory, `${site}.settled`, settled);
  }

  #add(counts: Icinga2Counts): void {
    this.#report.results += counts.written;
    this.#report.newerAtCore += counts.newerAtCore;
    this.#report.older += counts.older;
    this.#report.waitingForConfiguration += counts.waitingForConfiguration + counts.refusedByCore;
  }

  async #attempt(doing: string, work: () => Promise<void>): Promise<void> {
    this.#receiver.world.progress?.begin(doing);
    try {
      await work();
    } catch (error) {
      this.#report.failed += 1;
      const failure = explain(error, doing);
      this.#receiver.world.log.error(errorFields(failure), `${doing} failed`);
    }
  }
}
