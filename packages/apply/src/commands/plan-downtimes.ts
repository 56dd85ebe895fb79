// Scheduled downtimes. Begun, ended and cancelled they are at the centre by its core's own clock; here
// they are only there or not.

import type { Seconds, SiteDowntime } from "@siteferry/model";
import type { CentreDowntime, ObjectAt } from "./centre-view.ts";
import type { CommandDialect, CoreCommand } from "./command.ts";
import { difference, Piles } from "./multiset.ts";
import { commandKey } from "./memory.ts";
import type { SiteRound } from "./plan.ts";
import { bounded, objectText, type Room, roomFor } from "./round.ts";
import { storedText } from "./texts.ts";

type Said = Omit<Extract<CoreCommand, { kind: "schedule-downtime" }>, "kind" | "triggeredBy">;

interface WantedDowntime {
  readonly siteId: number;
  /** The `siteId` of its trigger; 0: none. */
  readonly siteTrigger: number;
  readonly entryTime: Seconds;
  readonly said: Said;
}

export function planDowntimes(round: SiteRound): void {
  const piles = new Piles<WantedDowntime, CentreDowntime>();
  const downtimes = bounded(round, round.annotations.downtimes, {
    what: "downtimes",
    textsOf: (downtime) => Object.values(textsOf(round, downtime)),
    rank: ({ entry_time: time, id }) => [time, id],
  });
  for (const downtime of downtimes) {
    const at = round.objectAt(downtime.host_name, downtime.description);
    if (at === null) continue;
    const wanted = wantedDowntime(round, at, downtime);
    piles.want(identityOf(at, wanted.said, round.dialect), wanted);
  }
  let standing = 0;
  for (const downtime of round.view.downtimes) {
    if (!round.mark.isOwn(downtime.author)) continue;
    standing += 1;
    const identity = identityOf(downtime, downtime, round.dialect);
    if (!round.isUnderWay(deletionKey(identity, downtime))) piles.find(identity, downtime);
  }
  const centreIds = new Map<number, number>();
  const missing: Missing[] = [];
  for (const [identity, pile] of piles.entries()) {
    const found = difference(pile);
    round.counts.unchanged += found.pairs.length;
    for (const [wanted, there] of found.pairs) centreIds.set(wanted.siteId, there.id);
    for (const [index, wanted] of found.missing.entries()) {
      const key = commandKey("schedule-downtime", identity, pile.there.length + index);
      missing.push({ key, wanted });
    }
    for (const downtime of found.surplus) removeSurplus(round, identity, downtime);
  }
  const room = roomFor(round, "schedule-downtime", standing);
  addInOrder(missing, (one, trigger) => addMissing(round, one, trigger, room), centreIds);
}

interface Missing {
  readonly key: string;
  readonly wanted: WantedDowntime;
}

/** An id at the centre, 0 for none, or one that comes there before. */
type Trigger = number | "coming";

/**
 * Triggers before what they trigger. `add` says whether the downtime is on its way. One whose trigger isn't
 * at the centre, nor on its way there, stands alone: it has begun, or never will; so does one in a ring.
 */
function addInOrder(
  missing: readonly Missing[],
  add: (one: Missing, trigger: Trigger) => boolean,
  centreIds: ReadonlyMap<number, number>,
): void {
  const ids = new Set(missing.map(({ wanted }) => wanted.siteId));
  const isTriggered = ({ wanted: { siteId, siteTrigger } }: Missing): boolean =>
    ![0, siteId].includes(siteTrigger) && !centreIds.has(siteTrigger) && ids.has(siteTrigger);
  const triggered = Map.groupBy(missing.filter(isTriggered), ({ wanted }) => wanted.siteTrigger);
  const done = new Set<Missing>();
  const follow = (first: Missing, itsTrigger: Trigger): void => {
    const next: [Missing, Trigger][] = [[first, itsTrigger]];
    for (const [one, trigger] of next) {
      if (done.has(one)) continue;
      done.add(one);
      const comes = add(one, trigger);
      for (const other of triggered.get(one.wanted.siteId) ?? [])
        next.push([other, comes ? "coming" : 0]);
    }
  };
  const roots = missing.filter((one) => !isTriggered(one));
  for (const one of roots) {
    const { siteTrigger } = one.wanted;
    follow(one, siteTrigger === 0 ? 0 : (centreIds.get(siteTrigger) ?? 0));
  }
  // What is left hangs on rings.
  for (const one of missing) follow(one, 0);
}

function textsOf(
  { mark, dialect }: SiteRound,
  { author, comment }: SiteDowntime,
): Pick<Said, "author" | "text"> {
  return { author: mark.author(author), text: storedText(comment, dialect, "downtime") };
}

function wantedDowntime(round: SiteRound, at: ObjectAt, downtime: SiteDowntime): WantedDowntime {
  const { id, triggered_by: trigger, entry_time: entryTime } = downtime;
  const { start_time: startTime, end_time: endTime, fixed, duration } = downtime;
  return {
    siteId: id,
    siteTrigger: trigger,
    entryTime,
    said: {
      at,
      ...textsOf(round, downtime),
      entryTime,
      startTime,
      endTime,
      fixed,
      duration: fixed === 1 ? Math.max(0, endTime - startTime) : duration,
    },
  };
}

function removeSurplus(round: SiteRound, identity: string, downtime: CentreDowntime): void {
  const { id, host, service, endTime, fixed } = downtime;
  // The core is about to do it.
  if (fixed === 1 && round.isOver(endTime)) return;
  const at = { host, service };
  round.send(deletionKey(identity, downtime), { kind: "delete-downtime", at, id });
}

/** Whether it is on its way, or will be. */
function addMissing(
  round: SiteRound,
  { key, wanted: { said } }: Missing,
  trigger: Trigger,
  room: Room,
): boolean {
  // Of a flexible one that has begun and is over its end, no core can be told any more.
  if (round.isOver(said.endTime)) {
    round.counts.ended += 1;
    return false;
  }
  if (trigger === "coming") {
    round.counts.waitingForTrigger += 1;
    return true;
  }
  if (round.isUnderWay(key) || !room.take()) return true;
  const outcome = round.send(key, { kind: "schedule-downtime", ...said, triggeredBy: trigger });
  return outcome === "planned" || outcome === "under-way";
}

type Identified = Omit<Said, "at" | "entryTime">;

/**
 * How long a fixed one lasts the cores reckon themselves. Some Naemons do so with the flexible ones of
 * services, too.
 */
function identityOf(at: ObjectAt, downtime: Identified, { core }: CommandDialect): string {
  const { author, text, startTime, endTime, fixed, duration } = downtime;
  const lasting = fixed === 1 || core === "naemon" ? "" : duration;
  const when = [startTime, endTime, fixed, lasting].join(" ");
  return [objectText(at), author, text, when].join("\n");
}

/** The id alone may be another downtime's after a restart. */
function deletionKey(identity: string, { id, entryTime }: CentreDowntime): string {
  return commandKey("delete-downtime", identity, id, entryTime);
}
