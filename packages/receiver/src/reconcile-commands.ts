// Reconcile, commands: what people said at the sites (acknowledgements, downtimes, comments) against what
// the core shows, the difference as external commands. Where the core has no directory for check results,
// the states go the same way.

import { errorFields, explain, type SiteId, type States } from "@siteferry/model";
import { hashOf, loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import { carryResults } from "./commands/carry-results.ts";
import { carryVariables } from "./commands/carry-variables.ts";
import { type CoreLink, openCoreLink } from "./commands/core-link.ts";
import type { CentreLook, CentreObjects } from "./commands/picture.ts";
import { digestsOfLook, digestOfSite, formatSettled, parseSettled } from "./commands/settled.ts";
import {
  nothingDone,
  reconcileAnnotations,
  type SiteOutcome,
  type SiteRun,
} from "./commands/site-run.ts";
import { centreHostsToldBy, speaksFor } from "./centre-hosts.ts";
import type { CommandsSettings } from "./commands-settings.ts";
import { loadSiteRecord, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { matcher, mayBeOwnAtCentre, ownStates } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";
import { loadShownStates, shownStamp, type SilentSites } from "./silence.ts";
import { correctionAt } from "./site-clock.ts";
import { type CommandsWorld, realCommandsWorld } from "./world/real-commands.ts";

export interface CommandsReport {
  commands: number;
  commandsWaiting: number;
  commandsRefused: number;
  /** Check results among the commands. */
  results: number;
  failed: number;
}

interface KnownSite {
  readonly site: SiteId;
  readonly settings: SiteSettings;
  readonly record: SiteRecord;
  readonly bundle: string;
}

/**
 * `awaited`: sites whose objects wait for an operator, so that no core knows them. One site that fails
 * doesn't keep the others waiting; if the core can't be read, none can go on.
 * @throws FerryError `livestatus-…`, `core-status-unusable`, or what the operator's files are refused with
 */
export async function reconcileCommands(
  opening: Opening,
  target: CommandsSettings,
  awaited: ReadonlySet<SiteId>,
  silent: SilentSites,
  outside: CommandsWorld = realCommandsWorld,
): Promise<CommandsReport> {
  const wants = target.carry.includes("customVariables") ? wantedVariables(target) : null;
  const link = openCoreLink(opening.world, target, outside, wants);
  try {
    return await new Run(opening, target, silent, link, wants).run(awaited);
  } finally {
    await link.close();
  }
}

/** Nagios knows them by capitals, Icinga 2 as they are written. */
function wantedVariables({ customVariables }: CommandsSettings): (name: string) => boolean {
  const matches = matcher(customVariables.map((pattern) => pattern.toUpperCase()));
  return (name) => matches(name.toUpperCase());
}

class Run {
  readonly #opening: Opening;
  readonly #target: CommandsSettings;
  readonly #silent: SilentSites;
  readonly #link: CoreLink;
  readonly #wants: ((variable: string) => boolean) | null;
  readonly #directory: string;
  readonly #report: CommandsReport = {
    commands: 0,
    commandsWaiting: 0,
    commandsRefused: 0,
    results: 0,
    failed: 0,
  };
  #objects: Promise<CentreObjects> | null = null;
  #centreHosts: ReturnType<typeof centreHostsToldBy> | null = null;
  /** Of which the commands are looked at. */
  #site = "";
  /** The last one that sent something, or failed to: in this run, and in those before. */
  #served = "";
  #servedBefore = "";
  /** The core can't be talked to any more. */
  #isGone = false;
  /** Something didn't go out because the time was up. */
  #isCut = false;

  constructor(
    opening: Opening,
    target: CommandsSettings,
    silent: SilentSites,
    link: CoreLink,
    wants: ((variable: string) => boolean) | null,
  ) {
    this.#opening = opening;
    this.#target = target;
    this.#silent = silent;
    this.#link = {
      ...link,
      send: (lines, taken) =>
        link.send(lines, (index) => {
          this.#report.commands += 1;
          this.#served = this.#site;
          taken(index);
        }),
    };
    this.#wants = wants;
    const where = target.livestatus ?? target.file ?? "";
    this.#directory = targetDirectory(opening.spool, "commands", where);
  }

  async run(awaited: ReadonlySet<SiteId>): Promise<CommandsReport> {
    const known = await this.#known(awaited);
    if (known.length === 0) return this.#report;
    const seen = await this.#seen(known);
    if (seen.isSame) return { ...this.#report, ...seen.counts };
    const look = await this.#link.look();
    const digestOf = digestsOfLook(look, this.#target.mark);
    for (const one of await this.#inTurn(known)) {
      this.#site = one.site;
      await this.#attempt(`Commands of ${one.site}`, () => this.#reconcile(one, look, digestOf));
      // The other sites' would wait for it as long again.
      if (!this.#isGone) continue;
      this.#served = one.site;
      break;
    }
    await this.#saveTurn();
    if (this.#report.failed === 0 && !this.#isCut) await seen.save(this.#report);
    return this.#report;
  }

  async #known(awaited: ReadonlySet<SiteId>): Promise<readonly KnownSite[]> {
    const { world, settings, spool } = this.#opening;
    const known: KnownSite[] = [];
    for (const [site, siteSettings] of Object.entries(settings.sites) as [SiteId, SiteSettings][]) {
      if (awaited.has(site)) continue;
      await this.#attempt(`Commands of ${site}`, async () => {
        const record = await loadSiteRecord(world.files, spool, site);
        if (record === null || record.keyframe === null) return;
        const shown = shownStamp(record, this.#silent.get(site));
        const bundle = [shown, record.config?.payloadHash ?? ""].join(":");
        known.push({ site, settings: siteSettings, record, bundle });
      });
    }
    return known;
  }

  /** Between two writes of the status file, nothingDone but another bundle makes another plan. */
  async #seen(known: readonly KnownSite[]): Promise<Seen> {
    const { world } = this.#opening;
    const name = "seen";
    const stamp = await this.#link.stamp();
    const sites = known.map(({ site, settings, bundle }) => [site, settings, bundle]);
    const key = hashOf(stamp, this.#target, sites);
    const [before, waiting, refused] = (await loadProgress(world, this.#directory, name)).split(
      " ",
    );
    return {
      isSame: stamp !== "" && before === key,
      counts: { commandsWaiting: Number(waiting), commandsRefused: Number(refused) },
      save: async ({ commandsWaiting, commandsRefused }) => {
        if (stamp === "") return;
        const text = `${key} ${commandsWaiting} ${commandsRefused}`;
        await saveProgress(world, this.#directory, name, text);
      },
    };
  }

  /** Behind the site that was served last: one with very much to say takes the time of a run, not of all. */
  async #inTurn(known: readonly KnownSite[]): Promise<readonly KnownSite[]> {
    this.#servedBefore = await loadProgress(this.#opening.world, this.#directory, turnName);
    const begin = known.findIndex(({ site }) => site === this.#servedBefore) + 1;
    return [...known.slice(begin), ...known.slice(0, begin)];
  }

  async #saveTurn(): Promise<void> {
    if (this.#served === "" || this.#served === this.#servedBefore) return;
    await saveProgress(this.#opening.world, this.#directory, turnName, this.#served);
  }

  async #reconcile(
    { site, settings, record, bundle }: KnownSite,
    look: CentreLook,
    digestOf: ReturnType<typeof digestsOfLook>,
  ): Promise<void> {
    const { world } = this.#opening;
    const centreHosts = await (this.#centreHosts ??= centreHostsToldBy(
      this.#opening,
      this.#target,
    ));
    const stamp = (await centreHosts?.stamp(site)) ?? "";
    const lookDigest = digestOf(site, mayBeOwnAtCentre(settings));
    const centre = hashOf(lookDigest, this.#target, settings, stamp);
    const name = `${site}.settled`;
    const settled = parseSettled(await loadProgress(world, this.#directory, name));
    if (settled.bundle === bundle && settled.centre === centre) {
      this.#report.commandsRefused += settled.refused;
      return;
    }
    const silence = this.#silent.get(site);
    const all = await loadShownStates(this.#opening, site, record, silence);
    if (all === null) return;
    const objects = (): Promise<CentreObjects> =>
      (this.#objects ??= this.#link.objects(this.#wants));
    const isCentres = await centreHosts?.isCentres(site);
    const atCentre = isCentres && (await objects()).objects;
    const isOwn = speaksFor(
      settings,
      (host) => atCentre?.has(host) === true && isCentres?.(host) === true,
    );
    const states = ownStates(all, isOwn);
    const run: SiteRun = {
      opening: this.#opening,
      target: this.#target,
      directory: this.#directory,
      link: this.#link,
      look,
      objects,
      site,
      settings,
      isOwn,
    };
    // States first: there is no acknowledging what isn't a problem yet.
    const results = await this.#results(run, states, record);
    const variables =
      this.#wants === null ? nothingDone : await carryVariables(run, record, this.#wants);
    const siteDigest = digestOfSite(states);
    const isSame = settled.site === siteDigest && settled.centre === centre;
    const asBefore = { ...nothingDone, refused: settled.refused };
    const told = isSame
      ? asBefore
      : await reconcileAnnotations(run, states, saidOf(all) - saidOf(states));
    const outcomes = [results, variables, told];
    for (const outcome of outcomes) this.#add(outcome);
    if (outcomes.some(({ waiting, unseen }) => waiting + unseen > 0)) return;
    const now = { bundle, site: siteDigest, centre, refused: told.refused };
    await saveProgress(world, this.#directory, name, formatSettled(now));
  }

  async #results(
    run: SiteRun,
    states: States,
    { arrivals = [] }: SiteRecord,
  ): Promise<SiteOutcome> {
    if (!this.#target.carry.includes("results")) return nothingDone;
    const { world } = this.#opening;
    const clock = [world, this.#directory, run.site, run.settings] as const;
    const secondsAhead = await correctionAt(...clock, arrivals);
    const outcome = await carryResults(run, states, secondsAhead);
    this.#report.results += outcome.commands;
    return outcome;
  }

  #add({ waiting, refused, unseen, unsent }: SiteOutcome): void {
    this.#report.commandsWaiting += waiting;
    this.#report.commandsRefused += refused + unseen;
    if (unsent > 0) this.#isCut = true;
  }

  async #attempt(doing: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#report.failed += 1;
      const failure = explain(error, doing);
      this.#isGone = /^(livestatus|core)-/.test(failure.code);
      this.#opening.world.log.error(errorFields(failure), `${doing} failed`);
    }
  }
}

function saidOf({ annotations }: States): number {
  return annotations ? annotations.comments.length + annotations.downtimes.length : 0;
}

const turnName = "served";

interface Seen {
  readonly isSame: boolean;
  readonly counts: Pick<CommandsReport, "commandsWaiting" | "commandsRefused">;
  save(report: CommandsReport): Promise<void>;
}
