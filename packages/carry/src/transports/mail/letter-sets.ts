// Letters into bundles: which of them are whole, which wait for parts, which can't be used. Pure.

import {
  messageBytesMax,
  waitingBytesMax,
  waitingLettersMax,
  waitingMsMax,
} from "./mail-limits.ts";
import type { Letter } from "./mailbox.ts";
import { isUnusable, type Part } from "./part.ts";

/** A bundle of which each part has come, at least by the claims of the letters. */
export interface WholeSet {
  readonly part: Part;
  /** By the number of the part; several if one came twice, or if somebody forged it. The newest first. */
  readonly candidates: readonly (readonly Letter[])[];
  /** All that go with it: also parts of the same bundle that was once split otherwise. */
  readonly letters: readonly Letter[];
}

/** What is to be taken away unread. */
export interface RefusedSet {
  readonly name: string;
  readonly letters: readonly Letter[];
  readonly problem: string;
}

export interface Sorted {
  readonly whole: readonly WholeSet[];
  readonly refused: readonly RefusedSet[];
}

/** @param letters The newest first. */
export function sortLetters(letters: readonly Letter[], nowMs: number): Sorted {
  const refused: RefusedSet[] = [];
  const sets = new Map<string, PartialSet>();
  for (const letter of letters) {
    const { part, sizeBytes } = letter;
    const problem = isUnusable(part)
      ? part.problem
      : sizeBytes > messageBytesMax
        ? `it has ${sizeBytes} bytes`
        : null;
    if (problem === null && !isUnusable(part)) addTo(sets, part, letter);
    else refused.push({ name: "", letters: [letter], problem: problem ?? "" });
  }
  const [whole, waiting] = partition([...sets.values()], isWhole);
  const taken = new Map(whole.map((set) => [set.part.sha256, set]));
  const orphans = waiting.filter(({ part }) => !taken.has(part.sha256));
  return {
    whole: whole.map((set) => ({
      part: set.part,
      candidates: set.candidates,
      letters: [
        ...set.candidates.flat(),
        ...waiting.filter(({ part }) => part.sha256 === set.part.sha256).flatMap(lettersOf),
      ],
    })),
    refused: [...refused, ...expired(orphans, nowMs)],
  };
}

interface PartialSet {
  readonly part: Part;
  readonly candidates: Letter[][];
}

/** A set is known by its name and all its hashes: a letter that says otherwise belongs to another one. */
function addTo(sets: Map<string, PartialSet>, part: Part, letter: Letter): void {
  const key = [part.name, part.sha256, ...part.partsSha256].join(" ");
  const set = sets.get(key) ?? { part, candidates: part.partsSha256.map(() => []) };
  sets.set(key, set);
  set.candidates[part.index]!.push(letter);
}

function isWhole({ candidates }: PartialSet): boolean {
  return candidates.every((letters) => letters.length > 0);
}

function lettersOf({ candidates }: PartialSet): readonly Letter[] {
  return candidates.flat();
}

/** Those that have waited too long, and in a flood the oldest ones. */
function expired(sets: readonly PartialSet[], nowMs: number): readonly RefusedSet[] {
  const newest = (set: PartialSet): number =>
    lettersOf(set).reduce((latest, { receivedMs }) => Math.max(latest, receivedMs), 0);
  let count = 0;
  let bytes = 0;
  return sets
    .toSorted((one, other) => newest(other) - newest(one))
    .flatMap((set) => {
      const letters = lettersOf(set);
      count += letters.length;
      bytes += letters.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const isTooOld = nowMs - newest(set) > waitingMsMax;
      if (!isTooOld && count <= waitingLettersMax && bytes <= waitingBytesMax) return [];
      const present = set.candidates.filter((candidates) => candidates.length > 0).length;
      const why = isTooOld ? "the others never came" : "too many bundles wait for their parts";
      const problem = `${present} of its ${set.candidates.length} parts are there; ${why}`;
      return [{ name: set.part.name, letters, problem }];
    });
}

function partition<Item>(
  items: readonly Item[],
  isOne: (item: Item) => boolean,
): readonly [Item[], Item[]] {
  return [items.filter(isOne), items.filter((item) => !isOne(item))];
}
