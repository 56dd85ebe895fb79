// On a one-way link nobody tells that a keyframe was lost, and without it all its deltas are
// worthless: its sealed copy travels again, with the configuration that it belongs to.

import type { FileSystem } from "@siteferry/model";
import { repeatIsDue } from "./keyframe-schedule.ts";
import type { SenderMemory } from "./numbering.ts";
import { listOutbox, type OutboxEntry } from "./outbox.ts";
import type { Sender } from "./send.ts";

/**
 * Keeps a second name of the sealed configuration and keyframe beside the state, and puts them into
 * the outbox again when they are due. The receiver knows them by their hashes if they came before.
 */
export async function repeatKeyframe(
  { world: { files }, settings, spool, shipping }: Sender,
  memory: SenderMemory,
  nowMs: number,
): Promise<{ memory: SenderMemory; names: readonly string[] }> {
  if (!shipping.transports.some(({ bulk }) => bulk.traits.oneWay)) return { memory, names: [] };
  const copies = `${spool}/copies`;
  await files.makeDirectory(copies, 0o700);
  for (const entry of await listOutbox(files, spool)) await keepCopy(files, spool, copies, entry);
  const { keyframe } = memory;
  if (keyframe === null || !repeatIsDue(keyframe, nowMs, settings.keyframe)) {
    return { memory, names: [] };
  }
  const names = await files.list(copies);
  for (const name of names) {
    await files.unlink(`${spool}/outbox/${name}`);
    await files.link(`${copies}/${name}`, `${spool}/outbox/${name}`);
  }
  await files.syncDirectory(`${spool}/outbox`);
  const repeats = keyframe.repeats + 1;
  return { memory: { ...memory, keyframe: { ...keyframe, repeats } }, names };
}

/** Of each kind the newest; a copy that is lost in a crash is only one copy less. */
async function keepCopy(
  files: FileSystem,
  spool: string,
  copies: string,
  { fileName, kind }: OutboxEntry,
): Promise<void> {
  if (kind !== "config" && kind !== "keyframe") return;
  const names = await files.list(copies);
  if (names.includes(fileName)) return;
  for (const name of names) {
    if (name.includes(`.${kind}.`)) await files.unlink(`${copies}/${name}`);
  }
  await files.link(`${spool}/outbox/${fileName}`, `${copies}/${fileName}`);
}
