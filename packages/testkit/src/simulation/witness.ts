// Sees everything that happens and knows what must never: the invariants of a run. What it finds
// wrong it keeps, because an exception inside an agent would be taken for a failure of the world.

import { createHash } from "node:crypto";
import { readHeader } from "@siteferry/bundle";
import { parseBundleName, type RefusalCode, type SiteId } from "@siteferry/model";
import type { Result } from "./core.ts";
import type { MemoryDisk } from "./disk.ts";
import type { LinkWitness } from "./link.ts";
import type { Mirror, Place } from "./mirror.ts";
import { objectKey } from "./object-key.ts";
import type { Moment, Site } from "./site.ts";

/** A bundle that the receiver took away from its link. */
interface Taken {
  readonly site: SiteId;
  readonly name: string;
  readonly kind: string;
  readonly content: Uint8Array;
  /** Null: no sender ever sent this. */
  readonly place: Place | null;
}

/** The site that a host belongs to, by its name at the centre, and its name there. */
export type OwnerOf = (host: string) => { readonly site: Site; readonly host: string } | null;

/** Less than a quarantine holds: what is in there is checked, too. */
const takenMax = 60;
/** The receiver can't tell a file that the core dropped after an hour from one that it read. */
const droppedAfterMs = 59 * 60_000;
/** A look takes back what lies unread for half an hour, so such an hour has a gap of this length. */
const unseenMs = 29 * 60_000;

/** Refusals of honest bundles, by clocks, keys and links that go wrong; any other is damage or forgery. */
const honestRefusals: ReadonlySet<RefusalCode> = new Set([
  "created-in-future",
  "epoch-future",
  // Each start of a machine begins an epoch, and a restored one may still ship an older one's.
  "epoch-churn",
  "epoch-old",
  // The first keyframe was lost, and a delta came through.
  "epoch-without-keyframe",
  // The reader was killed twice while it opened the same file.
  "bundle-poisonous",
  "bundle-expired",
  "key-unknown",
]);

export class Witness implements LinkWitness {
  readonly wrong: string[] = [];
  refusals = 0;
  readonly #disk: () => MemoryDisk;
  readonly #ownerOf: OwnerOf;
  readonly #sent = new Map<string, string>();
  #taken: Taken[] = [];
  readonly #given = new Map<string, Result>();
  readonly #lastTime = new Map<string, number>();
  readonly #mirrors = new Map<SiteId, Mirror>();
  readonly #moments = new Map<SiteId, Moment>();
  /** When the receiver looked after everything without a failure, by its clock. */
  readonly #looks: number[] = [];

  constructor(disk: () => MemoryDisk, ownerOf: OwnerOf) {
    this.#disk = disk;
    this.#ownerOf = ownerOf;
  }

  /** No number is ever used for two contents. */
  sent(site: SiteId, name: string, content: Uint8Array): void {
    const { epoch, sequence } = readHeader(content).unverified;
    const number = `${site} ${epoch}/${sequence}`;
    const hash = createHash("sha256").update(content).digest("hex");
    if ((this.#sent.get(number) ?? hash) !== hash) {
      this.wrong.push(`${name}: the number ${number} was used for other content before`);
    }
    this.#sent.set(number, hash);
  }

  /** Acknowledged means durable, at this very moment. */
  acknowledged(site: SiteId, name: string, content: Uint8Array): void {
    const taken = { site, name, content, ...this.#placeOf(site, content) };
    if (!this.#disk().holdsDurably(content) && !this.#isOvertaken(taken)) {
      this.wrong.push(`${name} was acknowledged, and a power cut now would lose it`);
    }
    this.#taken = [...this.#taken, taken].slice(-takenMax);
  }

  /** The receiver said that it dropped it, because it came too late to be of use. */
  late(name: string): void {
    const late = parseBundleName(name);
    const isIt = ({ site, place }: Taken): boolean =>
      site === late?.site && place?.epoch === late.epoch && place.sequence === late.sequence;
    this.#taken = this.#taken.filter((taken) => !isIt(taken));
  }

  /** Only true results, of the right site; per object time never goes back, nothing comes twice. */
  given(result: Result): void {
    const { object, time, state, output } = result;
    const identity = identityOf(result);
    const [host = "", service = ""] = object.split("\t");
    const owner = this.#ownerOf(host);
    const key = owner === null ? "" : objectKey(owner.host, service);
    if (
      owner?.site.ran.get(`${key}@${time}`)?.has(state) !== true ||
      !output.includes(` at ${time}`)
    ) {
      this.wrong.push(`The core was given ${identity}, and no site ever found that`);
    }
    const last = this.#lastTime.get(object) ?? 0;
    if (time < last) this.wrong.push(`The core was given ${identity} after one at ${last}`);
    this.#lastTime.set(object, Math.max(last, time));
    const before = this.#given.get(identity);
    if (before !== undefined && !result.again && !this.#wasUnseen(before, result)) {
      this.wrong.push(`The core was given ${identity} twice`);
    }
    if (!result.again) this.#given.set(identity, result);
  }

  /** It may be given again. */
  forget(result: Result): void {
    this.#given.delete(identityOf(result));
  }

  /** After a run that failed at nothing. */
  looked(centreMs: number): void {
    this.#looks.push(centreMs);
  }

  refused(code: RefusalCode): void {
    if (!honestRefusals.has(code)) this.refusals += 1;
  }

  /** The mirror is a true state that the site once had, and never goes back. */
  mirrored(site: Site, mirror: Mirror): void {
    const before = this.#mirrors.get(site.id);
    for (const what of ["mark", "config", "keyframe"] as const) {
      if (!isBefore(mirror[what], before?.[what] ?? null)) continue;
      const { epoch, sequence } = mirror[what]!;
      this.wrong.push(`The ${what} of ${site.id} went back to ${epoch}/${sequence}`);
    }
    this.#mirrors.set(site.id, mirror);
    if (mirror.configuration !== null && !site.configurations.has(mirror.configuration)) {
      this.wrong.push(`${site.id} never had the configuration that is in the mirror`);
    }
    if (mirror.states === null) return;
    const moment = site.states.get(mirror.states);
    if (moment === undefined) {
      this.wrong.push(`${site.id} never had the states that are in the mirror`);
    } else if (moment < (this.#moments.get(site.id) ?? 0)) {
      this.wrong.push(`The mirror of ${site.id} went back in time`);
    }
    this.#moments.set(site.id, moment ?? 0);
  }

  /** What was acknowledged is still there, also after a power cut now, or was overtaken. */
  checkTaken(): void {
    this.#taken = this.#taken.filter((taken) => !this.#isOvertaken(taken));
    const there = this.#taken.filter(({ content }) => this.#disk().holdsDurably(content));
    for (const lost of this.#taken.filter((taken) => !there.includes(taken))) {
      // Of the deltas that wait for a keyframe only the newest counts.
      const isWorthless =
        lost.kind === "delta" &&
        there.some(({ site, place }) => site === lost.site && isBefore(lost.place, place));
      if (isWorthless) continue;
      this.wrong.push(`${lost.name} was acknowledged, and neither it nor a newer one is there`);
    }
  }

  #placeOf(site: SiteId, content: Uint8Array): Pick<Taken, "place" | "kind"> {
    const hash = createHash("sha256").update(content).digest("hex");
    try {
      const { epoch, sequence, kind } = readHeader(content).unverified;
      const isHonest = this.#sent.get(`${site} ${epoch}/${sequence}`) === hash;
      return { place: isHonest ? { epoch, sequence } : null, kind };
    } catch {
      return { place: null, kind: "" };
    }
  }

  /** Of configurations and keyframes the newest counts, of deltas whatever came after them. */
  #isOvertaken({ site, kind, place }: Taken): boolean {
    const mirror = this.#mirrors.get(site);
    if (mirror === undefined || place === null) return false;
    const newest =
      kind === "config" ? mirror.config : kind === "keyframe" ? mirror.keyframe : mirror.mark;
    return newest !== null && !isBefore(newest, place);
  }

  #wasUnseen(before: Result, now: Result): boolean {
    if (now.fileMs - before.fileMs < droppedAfterMs) return now.fileMs < before.fileMs;
    const looks = this.#looks.filter((at) => at >= before.fileMs && at <= now.fileMs);
    const times = [before.fileMs, ...looks, now.fileMs];
    return times.some((at, index) => Math.abs((times[index + 1] ?? at) - at) >= unseenMs);
  }
}

function isBefore(a: Place | null, b: Place | null): boolean {
  if (a === null || b === null) return false;
  return a.epoch === b.epoch ? a.sequence < b.sequence : a.epoch < b.epoch;
}

function identityOf({ object, time, state }: Result): string {
  return `${object.replace("\t", "/")} at ${time}: ${state}`;
}
