// The reconciling target over a configuration package: what the core has active, read through its API,
// against what the sites say. A core refuses a stage as a whole, so a site whose change it doesn't take
// stays as it was, and the others go on.

import { errorFields, FerryError, printable, type SiteId, type World } from "@siteferry/model";
import type { Icinga2Api } from "./api.ts";
import {
  composePackage,
  decodeManifest,
  manifestFile,
  type PackageContent,
  type PackageManifest,
  pieceHash,
  sitePath,
} from "./content.ts";
import type { SitePiece } from "./render.ts";
import { type Invalid, pruneStages, type StageOptions, tryStage, type Verdict } from "./stage.ts";

export interface PackageOptions extends StageOptions {
  /** Null: none; objects stand beside the core's own. */
  readonly zone: string | null;
  /** The least time between two uploads: each makes the core reload. */
  readonly reloadEveryMs: number;
}

/** What has to survive a run, besides what the core itself shows. */
export interface PackageMemory {
  /** When the last upload began; milliseconds since 1970. */
  readonly uploadedMs: number;
  /** Sites' pieces and whole contents that the core refused, by their hashes. */
  readonly refused: Readonly<Record<string, Refused>>;
  /** The core's words by site, as long as what is wanted of it isn't active for them; of `""` if no site is to blame. */
  readonly rejected: Readonly<Record<string, string>>;
}

interface Refused {
  readonly atMs: number;
  readonly reason: string;
}

export const nothingUploaded: PackageMemory = { uploadedMs: 0, refused: {}, rejected: {} };

export interface PackageStore {
  load(): Promise<PackageMemory>;
  save(memory: PackageMemory): Promise<void>;
}

export interface PackageWorld extends Pick<World, "clock" | "log" | "progress"> {
  readonly api: Icinga2Api;
  readonly store: PackageStore;
}

/** In their order; null: what is active of the site stays, whatever that is. */
export type WantedSites = ReadonlyMap<SiteId, SitePiece | null>;

export interface PackageOutcome {
  /** `waiting`: for `reloadEveryMs` to pass, or for the next call. */
  readonly kind: "unchanged" | "waiting" | "activated";
  /** Uploads that the core refused just now. */
  readonly refusals: number;
  /** What is behind what is wanted, because the core refused it now or lately. */
  readonly held: number;
}

/** What the core refused isn't offered again before, unless it changed. */
const refusedForMs = 15 * 60_000;
/** Uploads of one call, so that a core that refuses everything can't keep it busy. */
const uploadsMax = 8;

/**
 * `more`: files that are of no site, text by path; what the core refuses for them goes without.
 * @throws FerryError `core-unreachable`, `core-refused`, `peer-unknown`; the next call goes on.
 */
export async function reconcilePackage(
  world: PackageWorld,
  options: PackageOptions,
  wanted: WantedSites,
  more: Readonly<Record<string, string>> = {},
): Promise<PackageOutcome> {
  return await new Reconciling(world, options, more).run(wanted);
}

/** Null: there is no such package. Its stage is "" if none is active, its manifest null if that isn't siteferry's. */
export async function activePackage(
  api: Icinga2Api,
  packageName: string,
): Promise<{ readonly stage: string; readonly manifest: PackageManifest | null } | null> {
  const stages = await api.stagesOf(packageName);
  if (stages === null) return null;
  const { active: stage } = stages;
  const text = stage === "" ? null : await api.readFile(packageName, stage, manifestFile);
  return { stage, manifest: text === null ? null : decodeManifest(text) };
}

class Reconciling {
  readonly #world: PackageWorld;
  readonly #options: PackageOptions;
  readonly #target = new Map<SiteId, SitePiece>();
  /** Sites that are other than in the active stage. */
  readonly #changed = new Set<SiteId>();
  #memory: PackageMemory = nothingUploaded;
  #stage = "";
  #active: PackageManifest | null = null;
  #uploads = 0;
  #refusals = 0;
  #held = 0;
  readonly #rejected: Record<string, string> = {};
  #more: Readonly<Record<string, string>>;

  constructor(
    world: PackageWorld,
    options: PackageOptions,
    more: Readonly<Record<string, string>>,
  ) {
    this.#world = world;
    this.#options = options;
    this.#more = more;
  }

  async run(wanted: WantedSites): Promise<PackageOutcome> {
    const { api, store } = this.#world;
    const { packageName } = this.#options;
    this.#memory = await store.load();
    const active = await activePackage(api, packageName);
    if (active === null) await api.createPackage(packageName);
    this.#stage = active?.stage ?? "";
    this.#active = active?.manifest ?? null;
    await this.#choose(wanted);
    const kind = await this.#converge();
    await this.#keepRejected(kind);
    return { kind, refusals: this.#refusals, held: this.#held };
  }

  async #choose(wanted: WantedSites): Promise<void> {
    for (const [site, piece] of wanted) {
      const hash = piece === null ? null : pieceHash(piece);
      if (piece === null || hash === null || this.#isRefused(hash)) {
        if (hash !== null) this.#reject(site, hash);
        await this.#leaveAsItIs(site);
        continue;
      }
      this.#target.set(site, piece);
      if (this.#active?.sites.get(site)?.hash !== hash) this.#changed.add(site);
    }
  }

  async #converge(): Promise<PackageOutcome["kind"]> {
    const { clock } = this.#world;
    while (this.#uploads < uploadsMax) {
      const content = composePackage(this.#target, this.#options.zone, this.#more);
      const { content: hash } = content.manifest;
      if (hash === this.#active?.content) return "unchanged";
      if (this.#isRefused(hash)) {
        if (!this.#isWithoutMore()) continue;
        this.#reject("", hash);
        return "unchanged";
      }
      const sinceMs = clock.now() - this.#memory.uploadedMs;
      // A clock that went back mustn't stop everything.
      const isEarly = sinceMs >= 0 && sinceMs < this.#options.reloadEveryMs;
      if (this.#uploads === 0 && isEarly) return "waiting";
      const verdict = await this.#try(content, true);
      if (verdict.kind === "valid") return "activated";
      await this.#remember(hash, verdict.reason);
      const guilty = await this.#guilty(verdict);
      if (guilty.size === 0 && this.#isWithoutMore()) {
        this.#reject("", hash);
        return "unchanged";
      }
      for (const [site, reason] of guilty) await this.#hold(site, reason);
    }
    return "waiting";
  }

  #reject(whose: SiteId | "", hash: string): void {
    this.#held++;
    this.#rejected[whose] = this.#memory.refused[hash]?.reason ?? "";
  }

  /** Of what waits for its turn nobody knows better than before. */
  async #keepRejected(kind: PackageOutcome["kind"]): Promise<void> {
    const { rejected: before } = this.#memory;
    const waits = Object.entries(before).filter(
      ([whose]) => kind === "waiting" && (whose === "" || this.#changed.has(whose as SiteId)),
    );
    const rejected = { ...Object.fromEntries(waits), ...this.#rejected };
    if (JSON.stringify(rejected) === JSON.stringify(before)) return;
    this.#memory = { ...this.#memory, rejected };
    await this.#world.store.save(this.#memory);
  }

  /** Whether there is nothing left of what is of no site; if there is, it goes, as it may be at fault. */
  #isWithoutMore(): boolean {
    if (Object.keys(this.#more).length === 0) return true;
    this.#more = {};
    this.#held++;
    return false;
  }

  /** The sites that a refused upload failed for, and why; none if it isn't any one's change. */
  async #guilty({ log, reason }: Invalid): Promise<ReadonlyMap<SiteId, string>> {
    // A site's texts are quoted in the log, but can't begin a line.
    for (const [, name] of log.matchAll(/^Location: in \S*siteferry-site-([a-z0-9-]+)\.conf: /gm)) {
      const site = [...this.#changed].find((changed) => changed === name);
      if (site !== undefined) return new Map([[site, reason]]);
    }
    const guilty = new Map<SiteId, string>();
    // What is active doesn't pass either: then it is the core's own configuration.
    const asItIs = await this.#try(await this.#withOnly(null), false);
    if (asItIs.kind === "invalid") return guilty;
    for (const site of this.#changed) {
      if (this.#uploads >= uploadsMax) break;
      const verdict = await this.#try(await this.#withOnly(site), false);
      if (verdict.kind === "invalid") guilty.set(site, verdict.reason);
    }
    return guilty;
  }

  /** What is active, and of what changed only this one, or none. */
  async #withOnly(alone: SiteId | null): Promise<PackageContent> {
    const pieces = new Map<SiteId, SitePiece>();
    for (const [site, piece] of this.#target) {
      const isOld = this.#changed.has(site) && site !== alone;
      const chosen = isOld ? await this.#activePiece(site) : piece;
      if (chosen !== null) pieces.set(site, chosen);
    }
    return composePackage(pieces, this.#options.zone, this.#more);
  }

  async #try({ files, manifest }: PackageContent, activate: boolean): Promise<Verdict> {
    const { api, clock, log, store, progress } = this.#world;
    this.#uploads++;
    progress?.begin("The core validates the objects");
    this.#memory = { ...this.#memory, uploadedMs: clock.now() };
    await store.save(this.#memory);
    const verdict = await tryStage(api, this.#options, files, activate);
    const { packageName } = this.#options;
    const stage = printable(verdict.stage);
    if (verdict.kind === "invalid") {
      this.#refusals++;
      const message = `${api.where} refuses the stage ${stage} of ${packageName}: ${verdict.reason}`;
      const failure = new FerryError("core-configuration-invalid", message);
      log.error(errorFields(failure), "What is active stays; the states go on");
    } else if (activate) {
      log.info({ stage, content: manifest.content }, `The package ${packageName} is active anew`);
    }
    // Two stay: the active one, and the one before or the one whose startup.log tells what is wrong.
    const kept = verdict.kind === "invalid" ? verdict.stage : activate ? this.#stage : "";
    await pruneStages(api, log, packageName, [kept]);
    return verdict;
  }

  async #hold(site: SiteId, reason: string): Promise<void> {
    const hash = pieceHash(this.#target.get(site)!);
    await this.#remember(hash, reason);
    this.#reject(site, hash);
    this.#changed.delete(site);
    await this.#leaveAsItIs(site);
  }

  async #leaveAsItIs(site: SiteId): Promise<void> {
    const piece = await this.#activePiece(site);
    if (piece === null) this.#target.delete(site);
    else this.#target.set(site, piece);
  }

  async #activePiece(site: SiteId): Promise<SitePiece | null> {
    const known = this.#active?.sites.get(site);
    if (known === undefined) return null;
    const { packageName, zone } = this.#options;
    const path = sitePath(site, zone);
    const text = await this.#world.api.readFile(packageName, this.#stage, path);
    const { hostgroups, servicegroups } = known;
    return text === null ? null : { text, hostgroups, servicegroups };
  }

  #isRefused(hash: string): boolean {
    const ageMs =
      this.#world.clock.now() - (this.#memory.refused[hash]?.atMs ?? Number.NEGATIVE_INFINITY);
    return ageMs >= 0 && ageMs < refusedForMs;
  }

  async #remember(hash: string, reason: string): Promise<void> {
    const fresh = Object.entries(this.#memory.refused).filter(([known]) => this.#isRefused(known));
    const one = { atMs: this.#world.clock.now(), reason };
    const refused = { ...Object.fromEntries(fresh), [hash]: one };
    this.#memory = { ...this.#memory, refused };
    await this.#world.store.save(this.#memory);
  }
}
