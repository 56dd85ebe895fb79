// On a one-way link nobody tells that a keyframe was lost, and without it all its deltas are
// worthless: its sealed copy travels again, with the configuration that it belongs to.

import { type BundleKind, type FileSystem, limits } from "@siteferry/model";
import { repeatIsDue } from "./keyframe-schedule.ts";
import { forgetting, linkOf, type Links, loadLinks } from "./links.ts";
import type { SenderMemory } from "./numbering.ts";
import { listOutbox, type OutboxEntry, publishToOutbox } from "./outbox.ts";
import type { Sender } from "./send.ts";

/**
 * Keeps a second name of the sealed configuration and keyframe beside the state, and puts them into
 * the outbox again when they are due. The receiver knows them by their hashes if they came before.
 */
export async function repeatKeyframe(
  sender: Sender,
  memory: SenderMemory,
  nowMs: number,
): Promise<{ memory: SenderMemory; repeated: number }> {
  const { world, settings, spool, shipping } = sender;
  const { files, random } = world;
  const { transports, lanes } = shipping;
  const oneWay = transports.filter(({ bulk }) => bulk.traits.oneWay);
  if (oneWay.length === 0) return { memory, repeated: 0 };
  const copies = `${spool}/copies`;
  await files.makeDirectory(copies, 0o700);
  for (const entry of await listOutbox(files, spool)) await keepCopy(files, spool, copies, entry);
  const { keyframe } = memory;
  if (keyframe === null || !repeatIsDue(keyframe, nowMs, settings.keyframe)) {
    return { memory, repeated: 0 };
  }
  const copied = await listCopies(files, spool);
  lanes.links ??= await loadLinks(files, `${spool}/state`);
  const names = copied.filter((name) => mayBeLost(sender, lanes.links!, name));
  // Durable before they are there: else the run after one that died now takes them for sent.
  for (const { bulk } of oneWay) lanes.links = forgetting(lanes.links, bulk.name, names);
  await lanes.save(world, spool);
  const waiting = new Set((await listOutbox(files, spool)).map(({ fileName }) => fileName));
  for (const name of names.filter((one) => !waiting.has(one))) {
    // A file of its own, whose time says since when it waits.
    const content = await files.read(`${copies}/${name}`, limits.bundleBytesMax, { trusted: true });
    await publishToOutbox(files, random, spool, name, content);
  }
  const repeats = keyframe.repeats + 1;
  return { memory: { ...memory, keyframe: { ...keyframe, repeats } }, repeated: names.length };
}

/** Not if one link is enough, and one that isn't one-way has had it. */
function mayBeLost({ settings, shipping }: Sender, links: Links, name: string): boolean {
  const isSafe = shipping.transports.some(
    ({ bulk }) => !bulk.traits.oneWay && linkOf(links, bulk.name).taken.includes(name),
  );
  return settings.deliver === "all" || !isSafe;
}

/** What may have to travel again. */
export async function listCopies(files: FileSystem, spool: string): Promise<readonly string[]> {
  const copies = `${spool}/copies`;
  return (await files.status(copies)) === null ? [] : await files.list(copies);
}

export function isRepeated(kind: BundleKind): boolean {
  return kind === "config" || kind === "keyframe";
}

/** Of each kind the newest; a copy that is lost in a crash is only one copy less. */
async function keepCopy(
  files: FileSystem,
  spool: string,
  copies: string,
  { fileName, kind }: OutboxEntry,
): Promise<void> {
  if (!isRepeated(kind)) return;
  const names = await files.list(copies);
  if (names.includes(fileName)) return;
  for (const name of names) {
    if (name.includes(`.${kind}.`)) await files.unlink(`${copies}/${name}`);
  }
  await files.link(`${spool}/outbox/${fileName}`, `${copies}/${fileName}`);
}
