// Sees everything that happens and knows what must never: the invariants of a run. What it finds
// wrong it keeps, because an exception inside an agent would be taken for a failure of the world.

import { createHash } from "node:crypto";
import { readHeader } from "@siteferry/bundle";
import { parseBundleName, type SiteId } from "@siteferry/model";
import type { Result } from "./core.ts";
import type { MemoryDisk } from "./disk.ts";
import type { LinkWitness } from "./link.ts";
import type { Mirror } from "./mirror.ts";
import { objectKey } from "./object-key.ts";
import { isBefore, type Place } from "./place.ts";
import type { Origin } from "./refusals.ts";
import { bundleBytesMax } from "./room.ts";
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

/** Enough to see what becomes of a bundle; all of them for ever would cost time. */
const takenMax = 60;
/** The receiver can't tell a file that the core dropped after an hour from one that it read. */
const droppedAfterMs = 59 * 60_000;
/** A look takes back what lies unread for half an hour, so such an hour has a gap of this length. */
const unseenMs = 29 * 60_000;

export class Witness implements LinkWitness {
  readonly wrong: string[] = [];
  readonly #disk: () => MemoryDisk;
  readonly #ownerOf: OwnerOf;
  readonly #sent = new Map<string, string>();
  /** By the hash of the content. */
  readonly #origins = new Map<string, Origin>();
  readonly #epochs = new Map<SiteId, Set<number>>();
  #taken: Taken[] = [];
  readonly #given = new Map<string, Result>();
  readonly #forgotten = new Set<string>();
  readonly #lastTime = new Map<string, number>();
  readonly #lastState = new Map<string, string>();
  readonly #mirrors = new Map<SiteId, Mirror>();
  readonly #moments = new Map<SiteId, Moment>();
  readonly #future = new Set<string>();
  /** When the receiver looked after everything without a failure, by its clock. */
  readonly #looks: number[] = [];

  constructor(disk: () => MemoryDisk, ownerOf: OwnerOf) {
    this.#disk = disk;
    this.#ownerOf = ownerOf;
  }

  /** No number is ever used for two contents. */
  sent(site: SiteId, name: string, content: Uint8Array): void {
    const header = readHeader(content).unverified;
    const number = numberOf(site, header);
    const hash = contentHash(content);
    if ((this.#sent.get(number) ?? hash) !== hash) {
      this.wrong.push(`${name}: the number ${number} was used for other content before`);
    }
    if (content.length > bundleBytesMax) {
      this.wrong.push(
        `${name} has ${content.length} bytes: the bounds are made for ${bundleBytesMax}`,
      );
    }
    this.#sent.set(number, hash);
    this.#origins.set(hash, { kind: "honest", header });
    this.#epochs.set(site, (this.#epochs.get(site) ?? new Set()).add(header.epoch));
  }

  damaged(content: Uint8Array): void {
    this.#origins.set(contentHash(content), { kind: "damaged" });
  }

  forged(content: Uint8Array, inOwnName: boolean): void {
    this.#origins.set(contentHash(content), { kind: "forged", inOwnName });
  }

  /** Null: nobody ever sent this. */
  originOf(content: Uint8Array): Origin | null {
    return this.#origins.get(contentHash(content)) ?? null;
  }

  /** How many of them travelled. */
  epochsOf(site: SiteId): number {
    return this.#epochs.get(site)?.size ?? 0;
  }

  /** Acknowledged means durable, at this very moment. */
  acknowledged(site: SiteId, name: string, content: Uint8Array): void {
    const taken = { site, name, content, ...this.#placeOf(content) };
    if (!this.#disk().holdsDurably(content) && !this.#isOvertaken(taken)) {
      this.wrong.push(`${name} was acknowledged, and a power cut now would lose it`);
    }
    this.#taken = [...this.#taken, taken].slice(-takenMax);
  }

  /** The receiver said that it dropped it, because it came too late to be of use. */
  late(name: string, mark: Place | null): void {
    const late = parseBundleName(name);
    if (late === null || mark === null || late.epoch !== mark.epoch || !isBefore(late, mark)) {
      this.wrong.push(`${name} was dropped, though nothing newer was there`);
    }
    const isIt = ({ site, place }: Taken): boolean =>
      site === late?.site && place?.epoch === late.epoch && place.sequence === late.sequence;
    this.#taken = this.#taken.filter((taken) => !isIt(taken));
  }

  /** The oldest file of a full quarantine: nobody has to have it any longer. */
  dropped(content: Uint8Array): void {
    this.#taken = this.#taken.filter(
      (taken) => contentHash(taken.content) !== contentHash(content),
    );
  }

  /** Only true results, of the right site; per object time never goes back, nothing comes twice. */
  given(result: Result): void {
    const { object, time, state, output } = result;
    const identity = identityOf(result);
    const [host = "", service = ""] = object.split("\t");
    const owner = this.#ownerOf(host);
    const key = owner === null ? "" : objectKey(owner.host, service);
    const found = (at: number): boolean => owner?.site.ran.get(`${key}@${at}`)?.has(state) === true;
    // The check that found the state first is told with what a later one in the same state says.
    const told = Number(/ at (\d+)/.exec(output)?.[1]);
    if (!found(time) || !found(told) || told < time) {
      this.wrong.push(`The core was given ${identity}, and no site ever found that`);
    }
    const before = this.#given.get(identity);
    const isRepeated =
      result.again ||
      this.#forgotten.delete(identity) ||
      this.#cameBack(result) ||
      (before !== undefined && this.#wasUnseen(before, result));
    const last = this.#lastTime.get(object) ?? 0;
    // All that a file says of an object is repeated with it, from the beginning.
    if (time < last && !isRepeated) {
      this.wrong.push(`The core was given ${identity} after one at ${last}`);
    }
    // What is told again in place of a file that was taken back may begin earlier.
    if (!result.unsure && !result.again) this.#lastTime.set(object, Math.max(last, time));
    if (before !== undefined && !isRepeated) {
      this.wrong.push(`The core was given ${identity} twice`);
    }
    if (!result.again) this.#given.set(identity, result);
    this.#lastState.set(object, `${time} ${state}`);
  }

  /** Within one second a state may go and come again, and the log doesn't say how often. */
  #cameBack({ object, time, state }: Result): boolean {
    const [lastTime, lastState] = (this.#lastState.get(object) ?? "").split(" ");
    return lastTime === String(time) && lastState !== String(state);
  }

  /** What the core loaded no more has no past when it comes again, even if the site's clock went back. */
  loaded(known: ReadonlySet<string>): void {
    for (const object of this.#lastTime.keys())
      if (!known.has(object)) this.#lastTime.delete(object);
  }

  /** It may be given again. */
  forget(result: Result): void {
    this.#given.delete(identityOf(result));
    this.#forgotten.add(identityOf(result));
  }

  /** Its file came back: if it is taken back for lying there, other times may be told in its place. */
  returned(result: Result): void {
    this.forget(result);
    this.#lastTime.delete(result.object);
  }

  /** After a run that failed at nothing. */
  looked(centreMs: number): void {
    this.#looks.push(centreMs);
  }

  /** An operator lets the centre forget the order of a site: what it has may go back, once. */
  forgot(site: SiteId): void {
    this.#mirrors.delete(site);
    this.#moments.delete(site);
  }

  /** The mirror is a true state that the site once had, and never goes back. */
  mirrored(site: Site, mirror: Mirror): void {
    const before = this.#mirrors.get(site.id);
    if (mirror.mark.epoch > 0 && !this.#sent.has(numberOf(site.id, mirror.mark))) {
      this.wrong.push(`The mark of ${site.id} is a bundle that it never sent`);
    }
    const shown = mirror.keyframe?.epoch;
    if (shown !== before?.keyframe?.epoch && this.#future.has(`${site.id} ${shown}`)) {
      this.#moments.delete(site.id);
    }
    for (const what of ["mark", "config", "keyframe"] as const) {
      if (!isBefore(mirror[what], before?.[what] ?? null)) continue;
      // It was there when the order was forgotten, and any successor may take its place.
      if (isBefore(before!.mark, before![what])) continue;
      const { epoch, sequence } = mirror[what]!;
      this.wrong.push(`The ${what} of ${site.id} went back to ${epoch}/${sequence}`);
    }
    this.#mirrors.set(site.id, mirror);
    if (mirror.configuration !== null && !site.configurations.has(mirror.configuration)) {
      this.wrong.push(`${site.id} never had the configuration that is in the mirror`);
    }
    for (const { identity, state } of mirror.events) {
      if (site.ran.get(identity)?.has(state) === true) continue;
      this.wrong.push(`What the mirror of ${site.id} tells never happened: ${identity} ${state}`);
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

  /**
   * Refused for its time. If the sender began again meanwhile, a copy that comes when the time is there
   * takes the site back: nothing tells it from a sender whose clock was put right.
   */
  fromTheFuture({ site, epoch }: Place & { readonly site: SiteId }): void {
    this.#future.add(`${site} ${epoch}`);
  }

  /** What was acknowledged is still there, also after a power cut now, or was overtaken. */
  checkTaken(): void {
    this.#taken = this.#taken.filter((taken) => !this.#isOvertaken(taken));
    const there = this.#taken.filter(({ content }) => this.#disk().holdsDurably(content));
    for (const lost of this.#taken.filter((taken) => !there.includes(taken))) {
      // Of the deltas that wait for a keyframe only the newest counts.
      const isWorthless =
        lost.kind === "delta" &&
        (there.some(({ site, place }) => site === lost.site && isBefore(lost.place, place)) ||
          this.#hasNewerInInbox(lost));
      if (isWorthless) continue;
      this.wrong.push(`${lost.name} was acknowledged, and neither it nor a newer one is there`);
    }
  }

  /** Its link may have it still, as nobody acknowledged it. */
  #hasNewerInInbox({ site, place }: Taken): boolean {
    for (const { content } of this.#disk().filesBelow("/spool/receiver/inbox").values()) {
      const origin = this.originOf(content);
      if (origin?.kind !== "honest" || origin.header.site !== site) continue;
      if (isBefore(place, origin.header) && this.#disk().holdsDurably(content)) return true;
    }
    return false;
  }

  #placeOf(content: Uint8Array): Pick<Taken, "place" | "kind"> {
    const origin = this.originOf(content);
    if (origin?.kind !== "honest") return { place: null, kind: "" };
    const { epoch, sequence, kind } = origin.header;
    return { place: { epoch, sequence }, kind };
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

export function contentHash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function numberOf(site: SiteId, { epoch, sequence }: Place): string {
  return `${site} ${epoch}/${sequence}`;
}

function identityOf({ object, time, state }: Result): string {
  return `${object.replace("\t", "/")} at ${time}: ${state}`;
}
