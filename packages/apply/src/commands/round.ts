// What the parts of one plan share: the commands so far, the counts, and what was sent before.

import { limits } from "@siteferry/model";
import type { CentreView, ObjectAt } from "./centre-view.ts";
import type { CommandDialect, CoreCommand } from "./command.ts";
import { commandFault } from "./encode.ts";
import { type CommandMemory, isKeyOf, type SentCommand, waitsFor } from "./memory.ts";
import { byteLength } from "./texts.ts";

export interface PlannedCommand {
  readonly command: CoreCommand;
  /** For `noteSent`. */
  readonly key: string;
}

/** Things by what became of them; `commands` counts lines. */
export interface CommandCounts {
  commands: number;
  unchanged: number;
  /** Sent, and the centre's picture is older than that. */
  underWay: number;
  /** Sent several times and never seen: tried again after growing pauses. */
  unseen: number;
  /** The core doesn't know the object. */
  waitingForObject: number;
  /** An acknowledgement of an object that has no problem at the centre yet. */
  waitingForProblem: number;
  /** The core has as many as a site may have, until those go that have to. */
  waitingForRoom: number;
  /** A downtime whose trigger isn't at the centre yet. */
  waitingForTrigger: number;
  /** Acknowledged at the centre by somebody else: left so. */
  operators: number;
  /** On hosts that the site doesn't speak for. */
  foreign: number;
  /** Downtimes that are over. */
  ended: number;
  /** What this core can't be told; `refusals` says why of the first ones. */
  refused: number;
}

const refusalsMax = 10;

export interface Round {
  readonly commands: PlannedCommand[];
  readonly counts: CommandCounts;
  readonly refusals: string[];
  readonly memory: CommandMemory;
  refuse(count: number, why: string): void;
  /** Plans a command, unless it can't be said or was sent and may still work. */
  send(key: string, command: CoreCommand): "planned" | "refused" | "under-way" | "pause";
  /** Whether the command of this key would wait; it is counted then. */
  holds(key: string): boolean;
  /** Whether the command of this key was sent and the view is too old to show what it did. */
  isUnderWay(key: string): boolean;
  /** How many were sent of this kind that the view is too old to show. */
  underWayOf(kind: CoreCommand["kind"]): number;
}

export function startRound(
  view: CentreView,
  {
    dialect,
    memory: before,
    nowMs,
  }: { readonly dialect: CommandDialect; readonly memory: CommandMemory; readonly nowMs: number },
): Round {
  const commands: PlannedCommand[] = [];
  const counts = noCommands();
  const refusals: string[] = [];
  // Made anew: what nothing asks for any more was seen, or isn't wanted.
  // But what may still come stays, asked for or not: it takes room.
  const times = { madeAtMs: view.madeAtMs, nowMs };
  const underWay = [...before].filter(([, sent]) => waitsFor(sent, times) === "under-way");
  const memory = new Map<string, SentCommand>(underWay);
  const waits = (key: string) => {
    const sent = before.get(key);
    if (sent !== undefined) memory.set(key, sent);
    return waitsFor(sent, times);
  };
  const held = (key: string) => {
    const why = waits(key);
    if (why === "under-way") counts.underWay += 1;
    if (why === "pause") counts.unseen += 1;
    return why;
  };
  const refuse = (count: number, why: string) => {
    counts.refused += count;
    if (refusals.length < refusalsMax) refusals.push(why);
  };
  return {
    commands,
    counts,
    refusals,
    memory,
    refuse,
    holds: (key) => held(key) !== null,
    send(key, command) {
      const fault = commandFault(command, dialect);
      if (fault !== null) {
        refuse(1, fault.problem);
        return "refused";
      }
      const why = held(key);
      if (why !== null) return why;
      commands.push({ command, key });
      counts.commands += 1;
      return "planned";
    },
    isUnderWay(key) {
      const isSo = before.has(key) && waits(key) === "under-way";
      if (isSo) counts.underWay += 1;
      return isSo;
    },
    underWayOf: (kind) => underWay.filter(([key]) => isKeyOf(key, kind)).length,
  };
}

export function noCommands(): CommandCounts {
  return {
    commands: 0,
    unchanged: 0,
    underWay: 0,
    unseen: 0,
    waitingForObject: 0,
    waitingForProblem: 0,
    waitingForRoom: 0,
    waitingForTrigger: 0,
    operators: 0,
    foreign: 0,
    ended: 0,
    refused: 0,
  };
}

interface Bounded<Item> {
  readonly what: string;
  readonly countMax?: number;
  /** What is kept of an item at the core, as UTF-8. */
  textsOf(item: Item): readonly string[];
  /** For the order: when it is of, and what tells those of one time apart. */
  rank(item: Item): readonly [time: number, nth: number];
}

/** The oldest of them, up to the limits: so a new one too many pushes none out that is there. */
export function bounded<Item>(
  round: Round,
  items: readonly Item[],
  { what, countMax = limits.annotationsPerSiteMax, textsOf, rank }: Bounded<Item>,
): readonly Item[] {
  const ranked = items.map((item) => ({ item, rank: rank(item) }));
  ranked.sort(({ rank: a }, { rank: b }) => a[0] - b[0] || a[1] - b[1]);
  let bytes = 0;
  let count = 0;
  for (const { item } of ranked) {
    if (count === countMax) break;
    for (const text of textsOf(item)) bytes += byteLength(text);
    if (bytes > limits.annotationBytesMax) break;
    count += 1;
  }
  const over = items.length - count;
  if (over === 0) return items;
  round.refuse(over, `${items.length} ${what}: ${over} are over the limit of a site`);
  return ranked.slice(0, count).map(({ item }) => item);
}

export interface Room {
  take(): boolean;
}

/**
 * Whether there is room for one more of a kind, of which `there` stand at the core: what has to go counts,
 * as long as it is there, and what is on its way. Counted if there is none.
 */
export function roomFor(round: Round, kind: CoreCommand["kind"], there: number): Room {
  let room = limits.annotationsPerSiteMax - there - round.underWayOf(kind);
  return {
    take() {
      if (room <= 0) round.counts.waitingForRoom += 1;
      room -= 1;
      return room >= 0;
    },
  };
}

/** For keys: no name has a line feed in it. */
export function objectText({ host, service }: ObjectAt): string {
  return service === null ? host : `${host}\n${service}`;
}
