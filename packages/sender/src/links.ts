// What the sender remembers of each link, from run to run: what it has taken of the outbox, and when to
// try again after a failure. The changes are pure.

import type { FerryError, FileSystem, Random } from "@siteferry/model";
import { damagedIsNull, readState, replaceState } from "@siteferry/spool";
import type { OutboxEntry } from "./outbox.ts";

/**
 * What waits for a link goes in two streams, so that a heartbeat never waits behind a keyframe that a bad
 * line takes an hour for: `express` has the deltas.
 */
export type Stream = "bulk" | "express";
export const streams: readonly Stream[] = ["bulk", "express"];

export interface Link {
  /** Names that went through this link, of the outbox while others still have to, and of the copies. */
  readonly taken: readonly string[];
  /** By name, what the centre refused, or the link itself can't take: trying again won't help soon. */
  readonly refusals: Readonly<Record<string, Refusal>>;
  /** Of the last keyframe that went through: before that of its own epoch a delta would be refused. */
  readonly keyframeEpoch: number;
  readonly pauses: Readonly<Record<Stream, Pause>>;
}

interface Pause {
  /** Failures since something went through. */
  readonly failures: number;
  /** Not tried before; milliseconds since 1970. */
  readonly untilMs: number;
  /** The last failure, for people. */
  readonly problem: Problem | null;
  /** Of the first of these failures; absent if there is none. */
  readonly sinceMs?: number;
}

export interface Refusal {
  /** Not offered before; milliseconds since 1970. */
  readonly untilMs: number;
  readonly problem: Problem;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly atMs: number;
}

/** By the transport's name. */
export type Links = Readonly<Record<string, Link>>;

/** The first pause is up to twice this; each failure doubles it, up to the longest. */
const pauseMs = 15_000;
const pauseMaxMs = 15 * 60_000;
/** A refusal ends when an operator changes something. */
const refusedPauseMs = 5 * 60_000;

const noPause: Pause = { failures: 0, untilMs: 0, problem: null };
const newLink: Link = {
  taken: [],
  refusals: {},
  keyframeEpoch: 0,
  pauses: { bulk: noPause, express: noPause },
};

export function linkOf(links: Links, name: string): Link {
  return Object.hasOwn(links, name) ? links[name]! : newLink;
}

export function afterTaken(link: Link, stream: Stream, entry: OutboxEntry): Link {
  const refusals = Object.entries(link.refusals).filter(([name]) => name !== entry.fileName);
  return {
    ...link,
    refusals: Object.fromEntries(refusals),
    taken: [...link.taken, entry.fileName],
    keyframeEpoch: entry.kind === "keyframe" ? entry.epoch : link.keyframeEpoch,
    pauses: { ...link.pauses, [stream]: noPause },
  };
}

/** @param fraction from 0 to 1: a crowd of senders mustn't come back all at once. */
export function afterFailure(
  link: Link,
  stream: Stream,
  failure: FerryError,
  now: { readonly nowMs: number; readonly fraction: number; readonly askedForMs: number | null },
): Link {
  const { failures: before, sinceMs = now.nowMs } = link.pauses[stream];
  const failures = before + 1;
  const most = Math.min(pauseMaxMs, pauseMs * 2 ** failures);
  const asked = Math.min(now.askedForMs ?? 0, pauseMaxMs);
  const untilMs = now.nowMs + Math.max(Math.floor(most * now.fraction), asked);
  const pause = { failures, untilMs, problem: problemOf(failure, now.nowMs), sinceMs };
  return { ...link, pauses: { ...link.pauses, [stream]: pause } };
}

export function isFailing({ pauses }: Link): boolean {
  return streams.some((stream) => pauses[stream].failures > 0);
}

export function withoutPauses(link: Link): Link {
  return { ...link, pauses: newLink.pauses };
}

/** Only this bundle waits; others go on. */
export function afterRefusal(link: Link, name: string, failure: FerryError, nowMs: number): Link {
  const refusal = { untilMs: nowMs + refusedPauseMs, problem: problemOf(failure, nowMs) };
  return { ...link, refusals: { ...link.refusals, [name]: refusal } };
}

function problemOf({ code, message }: FerryError, atMs: number): Problem {
  return { code, message, atMs };
}

/** @param route all links of which one is enough: the centre has a keyframe whichever of them carried it. */
export function streamOf({ kind, epoch }: OutboxEntry, route: readonly Link[]): Stream {
  const isKnown = route.some(({ keyframeEpoch }) => keyframeEpoch === epoch);
  return kind === "delta" && isKnown ? "express" : "bulk";
}

/** A clock that went back a day mustn't keep a link waiting for a day. */
export function isPausing(untilMs: number, nowMs: number): boolean {
  return nowMs < untilMs && untilMs - nowMs <= pauseMaxMs;
}

/**
 * Forgets what isn't there any more, and links that aren't in the settings.
 * @param files in the outbox, and copies that may have to travel again: who has had them needn't carry them.
 */
export function tidyLinks(
  links: Links,
  names: readonly string[],
  files: readonly string[],
  entries: readonly OutboxEntry[],
): Links {
  const waiting = new Set(entries.map(({ fileName }) => fileName));
  return Object.fromEntries(
    names.map((name) => {
      const link = linkOf(links, name);
      const taken = link.taken.filter((file) => files.includes(file));
      const kept = Object.entries(link.refusals).filter(([file]) => waiting.has(file));
      return [name, { ...link, taken, refusals: Object.fromEntries(kept) }];
    }),
  );
}

/** As if the link `name` had never tried `files`. */
export function forgetting(links: Links, name: string, files: readonly string[]): Links {
  const link = linkOf(links, name);
  const taken = link.taken.filter((file) => !files.includes(file));
  const kept = Object.entries(link.refusals).filter(([file]) => !files.includes(file));
  return { ...links, [name]: { ...link, taken, refusals: Object.fromEntries(kept) } };
}

const stateName = "links";

/** Damaged or lost: everything is sent again, which is harmless. */
export async function loadLinks(files: FileSystem, directory: string): Promise<Links> {
  const state = await readState(files, directory, stateName).catch(damagedIsNull);
  if (state === null) return {};
  const links = JSON.parse(new TextDecoder().decode(state.content)) as Links;
  // An earlier siteferry wrote no reasons of refusals: these are offered again.
  return Object.fromEntries(
    Object.entries(links).map(([name, link]) => [name, { ...newLink, ...link }]),
  );
}

export async function saveLinks(
  { files, random }: { files: FileSystem; random: Random },
  directory: string,
  links: Links,
): Promise<void> {
  await replaceState(files, random, directory, stateName, Buffer.from(JSON.stringify(links)));
}
