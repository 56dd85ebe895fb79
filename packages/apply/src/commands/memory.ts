// What was sent and hasn't been seen at the centre yet. It keeps a thing from being sent twice while
// the core's own picture is older than the command, and from being sent for ever to a core that won't
// have it.

import { createHash } from "node:crypto";
import type { CoreCommand } from "./command.ts";

/**
 * A command's key, told from all others of a site by `parts`: short, however long a text is, as tens of
 * thousands of them are kept. A site that found two texts of one hash would keep only its own waiting.
 */
export function commandKey(kind: CoreCommand["kind"], ...parts: readonly unknown[]): string {
  const digest = createHash("sha256").update(parts.join("\n")).digest("base64url");
  return `${kind} ${digest.slice(0, 22)}`;
}

export function isKeyOf(key: string, kind: CoreCommand["kind"]): boolean {
  return key.startsWith(`${kind} `);
}

/** By `key` of what was planned. */
export type CommandMemory = ReadonlyMap<string, SentCommand>;

export interface SentCommand {
  readonly sentAtMs: number;
  /** How often it was sent without being seen. */
  readonly tries: number;
}

export const emptyMemory: CommandMemory = new Map();

/**
 * The memory with these commands sent at `nowMs`. Save it before they are sent: then a crash between
 * the two delays them, and doubles nothing.
 */
export function noteSent(
  memory: CommandMemory,
  sent: readonly { readonly key: string }[],
  nowMs: number,
): CommandMemory {
  const next = new Map(memory);
  for (const { key } of sent) {
    next.set(key, { sentAtMs: nowMs, tries: (memory.get(key)?.tries ?? 0) + 1 });
  }
  return next;
}

/** From being sent to being seen, in a core with much to do and times in whole seconds. */
const settleMs = 5_000;
/** The first tries follow each other as soon as the picture is new. */
const promptTries = 3;
const pauseMsMin = 60_000;
const pauseMsMax = 24 * 3600 * 1000;

/** What a command that is due waits for: it is `under-way`, or it was in vain too often. Null: nothing. */
export function waitsFor(
  sent: SentCommand | undefined,
  { madeAtMs, nowMs }: { readonly madeAtMs: number; readonly nowMs: number },
): "under-way" | "pause" | null {
  // A clock that was set back makes no promise about either.
  if (sent === undefined || sent.sentAtMs > nowMs) return null;
  if (madeAtMs < sent.sentAtMs + settleMs) return "under-way";
  if (sent.tries < promptTries) return null;
  const pauseMs = Math.min(pauseMsMin * 2 ** (sent.tries - promptTries), pauseMsMax);
  return nowMs < sent.sentAtMs + pauseMs ? "pause" : null;
}

/** One line an entry, for a state file. */
export function encodeMemory(memory: CommandMemory): string {
  return [...memory]
    .map(([key, { sentAtMs, tries }]) => `${JSON.stringify([key, sentAtMs, tries])}\n`)
    .join("");
}

/** What {@link encodeMemory} wrote; null if it is something else. */
export function decodeMemory(text: string): CommandMemory | null {
  const memory = new Map<string, SentCommand>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const entry = parseEntry(line);
    if (entry === null) return null;
    memory.set(...entry);
  }
  return memory;
}

function parseEntry(line: string): [string, SentCommand] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const [key, sentAtMs, tries] = parsed as unknown[];
  if (typeof key !== "string" || !Number.isFinite(sentAtMs) || !Number.isSafeInteger(tries)) {
    return null;
  }
  return [key, { sentAtMs: sentAtMs as number, tries: tries as number }];
}
