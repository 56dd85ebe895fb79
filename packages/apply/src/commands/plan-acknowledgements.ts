// Acknowledgements: a flag of an object, and a comment of entry type 4 that says whose it is. An object
// has one at most, so an operator's at the centre stands for the site's as well.

import type { HostState, Seconds, ServiceState, SiteComment } from "@siteferry/model";
import type { CentreComment, CentreObject, ObjectAt } from "./centre-view.ts";
import { commandKey } from "./memory.ts";
import type { SiteRound } from "./plan.ts";
import { bounded, objectText } from "./round.ts";
import { storedText } from "./texts.ts";

const acknowledgementComment = 4;

interface WantedAcknowledgement {
  readonly at: ObjectAt;
  readonly sticky: boolean;
  readonly author: string;
  readonly text: string;
  readonly entryTime: Seconds;
}

/** The comments of an object's acknowledgement at the centre. */
interface There {
  readonly own: CentreComment[];
  readonly others: CentreComment[];
}

const nobody: There = { own: [], others: [] };

export function planAcknowledgements(round: SiteRound): void {
  const there = commentsThere(round);
  const wanted = wantedAcknowledgements(round);
  for (const [key, acknowledgement] of wanted) {
    want(round, acknowledgement, there.get(key) ?? nobody);
  }
  for (const [key, comments] of there) {
    if (!wanted.has(key) && comments.own.length > 0) unwant(round, comments);
  }
}

function commentsThere(round: SiteRound): Map<string, There> {
  const there = new Map<string, There>();
  for (const comment of round.view.comments) {
    if (comment.entryType !== acknowledgementComment) continue;
    const isOwn = round.mark.isOwn(comment.author);
    // It is gone, though the view may be too old to say so: what stays mustn't be removed for its sake.
    if (isOwn && round.isUnderWay(deletionKey(comment))) continue;
    const key = objectText(comment);
    const found = there.get(key) ?? { own: [], others: [] };
    (isOwn ? found.own : found.others).push(comment);
    there.set(key, found);
  }
  return there;
}

function wantedAcknowledgements(round: SiteRound): Map<string, WantedAcknowledgement> {
  const comments = new Map<string, SiteComment>();
  for (const comment of round.annotations.comments) {
    if (comment.entry_type !== acknowledgementComment) continue;
    const key = siteKey(comment.host_name, comment.description);
    const before = comments.get(key);
    // A persistent one of an earlier acknowledgement may lie there as well.
    if (before === undefined || isLater(comment, before)) comments.set(key, comment);
  }
  const wanted = new Map<string, WantedAcknowledgement>();
  for (const row of round.states.hosts) add(row, row.name, null);
  for (const row of round.states.services) add(row, row.host_name, row.description);
  const oldest = bounded(round, [...wanted], {
    what: "acknowledgements",
    countMax: Infinity,
    textsOf: ([, { author, text }]) => [author, text],
    rank: ([, { entryTime }]) => [entryTime, 0],
  });
  return new Map(oldest);

  function add(
    row: HostState | ServiceState,
    host: HostState["name"],
    service: ServiceState["description"] | null,
  ): void {
    if (row.acknowledged !== 1) return;
    const at = round.objectAt(host, service);
    if (at === null) return;
    const comment = comments.get(siteKey(host, service));
    wanted.set(objectText(at), {
      at,
      sticky: row.acknowledgement_type === 2,
      author: round.mark.author(comment?.author ?? ""),
      text: storedText(comment?.comment ?? "", round.dialect, "comment"),
      entryTime: comment?.entry_time ?? 0,
    });
  }
}

function isLater(a: SiteComment, b: SiteComment): boolean {
  return a.entry_time === b.entry_time ? a.id > b.id : a.entry_time > b.entry_time;
}

function siteKey(host: string, service: string | null): string {
  return service === null ? host : `${host}\n${service}`;
}

function want(round: SiteRound, wanted: WantedAcknowledgement, there: There): void {
  const object = round.view.object(wanted.at);
  if (object === null) return;
  if (object.acknowledgement === 0) {
    removeComments(round, there.own);
    if (object.hasBeenChecked === 0 || object.state === 0) round.counts.waitingForProblem += 1;
    else acknowledge(round, wanted);
    return;
  }
  const same = there.own.filter(
    ({ author, text }) => author === wanted.author && text === wanted.text,
  );
  const others = there.own.filter((own) => !same.includes(own));
  if (isOperators(there)) {
    round.counts.operators += 1;
    removeComments(round, others);
    return;
  }
  if (same.length > 0 && isSticky(object) === wanted.sticky) {
    round.counts.unchanged += 1;
    removeComments(round, [...same.slice(1), ...others]);
  } else if (!round.holds(keyOf(wanted)) && remove(round, there)) {
    // What is never stored as it was said isn't taken back and said again for ever.
    acknowledge(round, wanted);
  }
}

function unwant(round: SiteRound, there: There): void {
  const { host, service } = there.own[0]!;
  const object = round.view.object({ host, service });
  if (object !== null && object.acknowledgement > 0 && !isOperators(there)) remove(round, there);
  else removeComments(round, there.own);
}

/**
 * Whether the acknowledgement that holds was made at the centre: nothing of the site's is there, or
 * something was said over it. What an operator left behind from an earlier one is older.
 */
function isOperators({ own, others }: There): boolean {
  if (own.length === 0) return true;
  return others.some(
    (other) => other.persistent === 0 || own.every((mine) => isNewer(other, mine)),
  );
}

function isNewer(a: CentreComment, b: CentreComment): boolean {
  return a.entryTime === b.entryTime ? a.id > b.id : a.entryTime > b.entryTime;
}

function isSticky({ acknowledgement }: CentreObject): boolean {
  return acknowledgement === 2;
}

function acknowledge(round: SiteRound, wanted: WantedAcknowledgement): void {
  const { at, sticky, author, text } = wanted;
  round.send(keyOf(wanted), { kind: "acknowledge", at, sticky, author, text });
}

function keyOf({ at, sticky, author, text }: WantedAcknowledgement): string {
  return commandKey("acknowledge", objectText(at), sticky ? 2 : 1, author, text);
}

/** Its comments go with it. */
function remove(round: SiteRound, { own }: There): boolean {
  const { host, service } = own[0]!;
  const at = { host, service };
  const ids = own.map(({ id, entryTime }) => `${id} ${entryTime}`);
  const key = commandKey("remove-acknowledgement", objectText(at), ...ids);
  return round.send(key, { kind: "remove-acknowledgement", at }) === "planned";
}

function removeComments(round: SiteRound, comments: readonly CentreComment[]): void {
  for (const comment of comments) {
    const { id, host, service } = comment;
    round.send(deletionKey(comment), { kind: "delete-comment", at: { host, service }, id });
  }
}

function deletionKey(comment: CentreComment): string {
  const { id, entryTime } = comment;
  return commandKey("delete-comment", "acknowledgement", objectText(comment), id, entryTime);
}
