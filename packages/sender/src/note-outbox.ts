// What the centre hears of the outbox: a link that takes nothing is seen there if another one works.

import type { OutboxNote } from "@siteferry/bundle";
import type { FileSystem } from "@siteferry/model";
import { readOutbox } from "./read-outbox.ts";

export async function noteOutbox(files: FileSystem, spool: string): Promise<OutboxNote> {
  const waiting = await readOutbox(files, spool);
  const since = waiting.map(({ sinceMs }) => Math.floor(sinceMs));
  return { waiting: waiting.length, oldest: since.length === 0 ? 0 : Math.min(...since) };
}
