// What people wrote about objects, without being asked to: comments of entry type 1. Those that cores
// write by themselves for downtimes, flapping and acknowledgements come with what they are about.

import type { Flag, Seconds, SiteComment } from "@siteferry/model";
import type { CentreComment, ObjectAt } from "./centre-view.ts";
import { difference, Piles } from "./multiset.ts";
import { commandKey } from "./memory.ts";
import type { SiteRound } from "./plan.ts";
import { bounded, objectText, roomFor } from "./round.ts";
import { storedText } from "./texts.ts";

const userComment = 1;

interface WantedComment {
  readonly at: ObjectAt;
  readonly author: string;
  readonly text: string;
  readonly entryTime: Seconds;
  readonly persistent: Flag;
}

export function planComments(round: SiteRound): void {
  const piles = new Piles<WantedComment, CentreComment>();
  const said = round.annotations.comments.filter(({ entry_type: type }) => type === userComment);
  const authorOf = (comment: SiteComment): string => round.mark.author(comment.author);
  const textOf = ({ comment }: SiteComment): string =>
    storedText(comment, round.dialect, "comment");
  const oldest = bounded(round, said, {
    what: "comments",
    textsOf: (comment) => [authorOf(comment), textOf(comment)],
    rank: ({ entry_time: time, id }) => [time, id],
  });
  for (const comment of oldest) {
    const at = round.objectAt(comment.host_name, comment.description);
    if (at === null) continue;
    const wanted: WantedComment = {
      at,
      author: authorOf(comment),
      text: textOf(comment),
      entryTime: comment.entry_time,
      persistent: comment.persistent,
    };
    piles.want(identityOf(at, wanted), wanted);
  }
  let there = 0;
  for (const comment of round.view.comments) {
    if (comment.entryType !== userComment || !round.mark.isOwn(comment.author)) continue;
    there += 1;
    const identity = identityOf(comment, comment);
    if (!round.isUnderWay(deletionKey(identity, comment))) piles.find(identity, comment);
  }
  const room = roomFor(round, "add-comment", there);
  for (const [identity, pile] of piles.entries()) {
    const { pairs, missing, surplus } = difference(pile);
    round.counts.unchanged += pairs.length;
    for (const [index, wanted] of missing.entries()) {
      const key = commandKey("add-comment", identity, pile.there.length + index);
      if (round.isUnderWay(key) || !room.take()) continue;
      round.send(key, { kind: "add-comment", ...wanted });
    }
    for (const comment of surplus) {
      const { id, host, service } = comment;
      const at = { host, service };
      round.send(deletionKey(identity, comment), { kind: "delete-comment", at, id });
    }
  }
}

function identityOf(at: ObjectAt, { author, text }: { author: string; text: string }): string {
  return [objectText(at), author, text].join("\n");
}

/** The id alone may be another comment's after a restart. */
function deletionKey(identity: string, { id, entryTime }: CentreComment): string {
  return commandKey("delete-comment", identity, id, entryTime);
}
