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

/** A check-result file that was counted as handed over and not yet seen to be read. */
export interface PendingFile {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly keys: readonly ObjectKey[];
}

export interface AppliedRecord {
  readonly results: ReadonlyMap<ObjectKey, Stamp>;
  /** By the name under which the core reads it. */
  readonly pending: ReadonlyMap<string, PendingFile>;
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

/** The same time, but the core never saw it: any state of this time or later is written again. */
export function withoutDelivery(stamp: Stamp): Stamp {
  return stampOf(stampTime(stamp), undelivered);
}

/**
 * Lines: `siteferry-applied 1`, `pending <file> <sinceMs>` each followed by `+<object>`,
 * `<last_check> <state> <object>`, `end <number of lines before>`.
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
  for (const [file, { sinceMs, keys }] of record.pending) {
    add(`pending ${file} ${sinceMs}`);
    for (const key of keys) add(`+${key}`);
  }
  for (const [key, stamp] of record.results) add(`${stampTime(stamp)} ${stamp % 8} ${key}`);
  return Buffer.concat([...pieces, Buffer.from(`${text}end ${lines}\n`)]);
}

const pieceCharacters = 64 * 1024;

/** @throws FerryError `spool-damaged` for anything that {@link encodeApplied} doesn't write. */
export function decodeApplied(bytes: Uint8Array): AppliedRecord {
  const lines = decodeLines(bytes);
  if (lines[0] !== "siteferry-applied 1") throw damaged(1);
  if (lines.at(-2) !== `end ${lines.length - 2}` || lines.at(-1) !== "") {
    throw damaged(lines.length);
  }
  const results = new Map<ObjectKey, Stamp>();
  const pending = new Map<string, PendingFile>();
  let keys: ObjectKey[] | null = null;
  for (let index = 1; index < lines.length - 2; index++) {
    const line = lines[index]!;
    if (line.startsWith("+") && keys !== null) {
      keys.push(line.slice(1));
    } else if (line.startsWith("pending ")) {
      const [, file, sinceMs] = /^pending (c[a-z0-9]{6}) (\d{1,15})$/.exec(line) ?? [];
      if (file === undefined) throw damaged(index + 1);
      pending.set(file, { sinceMs: Number(sinceMs), keys: (keys = []) });
    } else {
      const blank = line.indexOf(" ");
      const time = Number(line.slice(0, blank));
      const state = line.charCodeAt(blank + 1) - zero;
      const key = line.slice(blank + 3);
      const whole =
        blank > 0 && line[blank + 2] === " " && key !== "" && Number.isSafeInteger(time);
      if (!whole || !((state >= 0 && state <= 3) || state === undelivered))
        throw damaged(index + 1);
      results.set(key, stampOf(time, state));
    }
  }
  return { results, pending };
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
