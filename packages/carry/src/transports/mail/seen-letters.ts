// What earlier passes made of the messages in a mailbox, so that each is looked at once: a mailbox may
// be full of other people's mail, or of false parts.

import { newBytesMax, newLettersMax } from "./mail-limits.ts";
import type { Letter } from "./mailbox.ts";

export interface Found {
  readonly id: string;
  /** What looking at it costs. */
  readonly costBytes: number;
}

export class SeenLetters {
  /** Null: not ours. */
  readonly #seen = new Map<string, Letter | null>();

  /**
   * The letters among the messages that are there now, in their order: the newest first, for what
   * nobody has looked at yet is more than one pass may look at only in a flood.
   * @param look may look at the first of them only.
   */
  async among(
    present: readonly Found[],
    look: (ids: readonly string[]) => Promise<readonly (Letter | null)[]>,
  ): Promise<readonly Letter[]> {
    const ids = new Set(present.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    const unseen = affordable(present.filter(({ id }) => !this.#seen.has(id)));
    for (const [index, letter] of (await look(unseen)).entries()) {
      this.#seen.set(unseen[index]!, letter);
    }
    return present.flatMap(({ id }) => this.#seen.get(id) ?? []);
  }
}

function affordable(messages: readonly Found[]): readonly string[] {
  let bytes = 0;
  const ids: string[] = [];
  for (const { id, costBytes } of messages) {
    bytes += costBytes;
    if (ids.length === newLettersMax || (bytes > newBytesMax && ids.length > 0)) break;
    ids.push(id);
  }
  return ids;
}
