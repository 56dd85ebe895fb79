// What was handed to the core, per site: for each object the time and state of its last result. It
// is what makes the target level-triggered, and its order of saves what makes it exactly once.

import { FerryError, type HostName, type Seconds, type ServiceDescription } from "@siteferry/model";
import type { SiteId } from "@siteferry/model";

/** `host`, or `host` TAB `service`; names never hold a tab. */
export type ObjectKey = string;

/** Time and state of a result in one number: last_check × 8 + state. */
export type Stamp = number;

/** In place of a state: a result of this time was taken back before the core had read it. */
export const undelivered = 7;

/** How far a core has come with an object. */
export interface Reached {
  readonly stamp: Stamp;
  /** The attempt of a soft problem; absent if what it has is hard. */
  readonly attempt?: number;
}

/** A check-result file that was counted as handed over and not yet seen to be read. */
export interface PendingFile {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly keys: readonly ObjectKey[];
  /** What the core had before it, of the keys for which the newest result isn't all that it holds. */
  readonly before?: ReadonlyMap<ObjectKey, Reached>;
}

export interface AppliedRecord {
  readonly results: ReadonlyMap<ObjectKey, Stamp>;
  /** By the name under which the core reads it. */
  readonly pending: ReadonlyMap<string, PendingFile>;
  /** The attempts of soft problems: what isn't here is hard. */
  readonly attempts?: ReadonlyMap<ObjectKey, number>;
  /** What the core has of objects whose newest results were taken back. */
  readonly behind?: ReadonlyMap<ObjectKey, Reached>;
  /** What was taken off the site's time of a result for the core's; absent: nothing. */
  readonly shifts?: ReadonlyMap<ObjectKey, Seconds>;
}

/** Keeps the records durably: when `save` returns, the record survives a power cut. */
export interface AppliedStore {
  /** An empty record ({@link nothingApplied}) if there is none yet. */
  load(site: SiteId): Promise<AppliedRecord>;
  save(site: SiteId, record: AppliedRecord): Promise<void>;
}

export const nothingApplied: AppliedRecord = {
  results: new Map(),
  pending: new Map(),
};

export function objectKey(host: HostName, service: ServiceDescription | null): ObjectKey {
  return service === null ? host : `${host}\t${service}`;
}

export function stampOf(lastCheck: Seconds, state: number): Stamp {
  return lastCheck * 8 + state;
}

export function stampTime(stamp: Stamp): Seconds {
  return Math.floor(stamp / 8);
}

/** The time that the core was handed last of an object; 0 if there is none. */
export function timeAtCore(
  {
    results,
    shifts,
  }: Pick<AppliedRecord, "results"> & { readonly shifts?: AppliedRecord["shifts"] | undefined },
  key: ObjectKey,
): Seconds {
  const stamp = results.get(key);
  return stamp === undefined ? 0 : stampTime(stamp) - (shifts?.get(key) ?? 0);
}

/** The same time, but the core never saw it: any state of this time or later is written again. */
export function withoutDelivery(stamp: Stamp): Stamp {
  return stampOf(stampTime(stamp), undelivered);
}

/** As if no other results had been handed over; the files that lie unread still do. */
export function withResults(
  record: AppliedRecord,
  stays: (key: ObjectKey, stamp: Stamp) => boolean,
): AppliedRecord {
  const { results, behind = new Map() } = record;
  return {
    ...record,
    results: new Map([...results].filter(([key, stamp]) => stays(key, stamp))),
    behind: new Map([...behind].filter(([key, { stamp }]) => stays(key, stamp))),
  };
}

/** Of an object of which a core has nothing. */
export const nothingReached: Reached = { stamp: stampOf(0, undelivered) };

/**
 * Lines: `siteferry-applied 1`, `pending <file> <sinceMs>` each followed by `+<object>`,
 * `<last_check> <state> <object>`, `end <number of lines before>`. A soft problem has its attempt behind
 * its state, as in `2~3`; a result that the core was handed with another time has what was taken off behind
 * its own, as in `1700000045-45`, or added, `1700000000+20`. Such a line with a `-` before it stands in place of a `+<object>`, for what the
 * core had before that file, in the site's time; with a `<`, for what it has of an object whose results were taken back.
 */
export function encodeApplied(record: AppliedRecord): Uint8Array {
  // Encoded piece by piece: as one text, 100,000 objects take 20 MiB more for a moment.
  const pieces: Buffer[] = [];
  let text = "";
  let lines = 0;
  const add = (line: string): void => {
    text += `${line}\n`;
    lines++;
    if (text.length < pieceCharacters) return;
    pieces.push(Buffer.from(text));
    text = "";
  };
  add("siteferry-applied 1");
  for (const [file, { sinceMs, keys, before }] of record.pending) {
    add(`pending ${file} ${sinceMs}`);
    for (const key of keys) {
      const reached = before?.get(key);
      add(reached === undefined ? `+${key}` : `-${reachedLine(key, reached)}`);
    }
  }
  for (const [key, reached] of record.behind ?? []) add(`<${reachedLine(key, reached)}`);
  const { attempts, shifts } = record;
  for (const [key, stamp] of record.results) {
    const attempt = attempts?.get(key);
    const shift = shifts?.get(key) ?? 0;
    add(
      attempt === undefined && shift === 0
        ? `${stampTime(stamp)} ${stamp % 8} ${key}`
        : reachedLine(key, attempt === undefined ? { stamp } : { stamp, attempt }, shift),
    );
  }
  return Buffer.concat([...pieces, Buffer.from(`${text}end ${lines}\n`)]);
}

const pieceCharacters = 64 * 1024;

function reachedLine(key: ObjectKey, { stamp, attempt }: Reached, shift: Seconds = 0): string {
  const taken = shift === 0 ? "" : `${shift > 0 ? "-" : "+"}${Math.abs(shift)}`;
  const count = attempt === undefined ? "" : `~${attempt}`;
  return `${stampTime(stamp)}${taken} ${stamp % 8}${count} ${key}`;
}

/** @throws FerryError `spool-damaged` for anything that {@link encodeApplied} doesn't write. */
export function decodeApplied(bytes: Uint8Array): AppliedRecord {
  const lines = decodeLines(bytes);
  if (lines[0] !== "siteferry-applied 1") throw damaged(1);
  if (lines.at(-2) !== `end ${lines.length - 2}` || lines.at(-1) !== "") {
    throw damaged(lines.length);
  }
  const results = new Map<ObjectKey, Stamp>();
  const attempts = new Map<ObjectKey, number>();
  const behind = new Map<ObjectKey, Reached>();
  const shifts = new Map<ObjectKey, Seconds>();
  const pending = new Map<string, PendingFile>();
  let file: { keys: ObjectKey[]; before?: Map<ObjectKey, Reached> } | null = null;
  for (let index = 1; index < lines.length - 2; index++) {
    const line = lines[index]!;
    if (line.startsWith("pending ")) {
      const [, name, sinceMs] = /^pending (c[a-z0-9]{6}) (\d{1,15})$/.exec(line) ?? [];
      if (name === undefined) throw damaged(index + 1);
      const opened = { sinceMs: Number(sinceMs), keys: [] };
      pending.set(name, opened);
      file = opened;
    } else if (file !== null && line.startsWith("+")) {
      file.keys.push(line.slice(1));
    } else if (file !== null && line.startsWith("-")) {
      const { key, reached } = decodeReached(line, 1, index);
      file.keys.push(key);
      (file.before ??= new Map()).set(key, reached);
    } else if (line.startsWith("<")) {
      const { key, reached } = decodeReached(line, 1, index);
      behind.set(key, reached);
    } else {
      const { key, reached, shift } = decodeReached(line, 0, index);
      results.set(key, reached.stamp);
      if (shift !== 0) shifts.set(key, shift);
      if (reached.attempt !== undefined) attempts.set(key, reached.attempt);
    }
  }
  return {
    results,
    pending,
    ...(attempts.size > 0 && { attempts }),
    ...(behind.size > 0 && { behind }),
    ...(shifts.size > 0 && { shifts }),
  };
}

/**
 * What stands from character `start` on: `<last_check>[-<shift>] <state>[~<attempt>] <object>`, the shift only
 * where a line begins with it.
 */
function decodeReached(
  line: string,
  start: number,
  index: number,
): { readonly key: ObjectKey; readonly reached: Reached; readonly shift: Seconds } {
  const blank = line.indexOf(" ", start);
  const { time, shift } = decodeTime(line.slice(start, blank), start === 0);
  const state = line.charCodeAt(blank + 1) - zero;
  const hasAttempt = line[blank + 2] === "~";
  const end = hasAttempt ? line.indexOf(" ", blank + 3) : blank + 2;
  const key = line.slice(end + 1);
  const whole =
    blank > start &&
    end > blank &&
    line[end] === " " &&
    key !== "" &&
    Number.isSafeInteger(time) &&
    time >= 0;
  if (!whole || !((state >= 0 && state <= 3) || state === undelivered)) throw damaged(index + 1);
  const stamp = stampOf(time, state);
  if (!hasAttempt) return { key, reached: { stamp }, shift };
  const attempt = line.slice(blank + 3, end);
  if (!/^[1-9]\d{0,3}$/.test(attempt)) throw damaged(index + 1);
  return { key, reached: { stamp, attempt: Number(attempt) }, shift };
}

function decodeTime(
  text: string,
  mayBeShifted: boolean,
): { readonly time: Seconds; readonly shift: Seconds } {
  const plain = Number(text);
  if (!mayBeShifted || Number.isInteger(plain)) return { time: plain, shift: 0 };
  const [, time, sign, shift] = /^(\d+)([-+])([1-9]\d{0,14})$/.exec(text) ?? [];
  return { time: Number(time), shift: sign === "-" ? Number(shift) : -Number(shift) };
}

const zero = "0".charCodeAt(0);

function decodeLines(bytes: Uint8Array): string[] {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\n");
  } catch (cause) {
    throw new FerryError("spool-damaged", "The record of applied results isn't UTF-8", { cause });
  }
}

function damaged(line: number): FerryError {
  return new FerryError(
    "spool-damaged",
    `The record of applied results is damaged at line ${line}`,
  );
}
