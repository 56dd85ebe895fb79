// On a one-way link nobody tells that a keyframe was lost, and without it all its deltas are
// worthless: its sealed copy travels again, with the configuration that it belongs to.

import { type BundleKind, type FileSystem, limits, systemCode } from "@siteferry/model";
import { publish } from "@siteferry/spool";
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

/** Into the outbox; of what may have to travel again the copy is there before a lane can have taken it. */
export async function publishSealed(
  { world: { files, random }, spool, shipping }: Sender,
  name: string,
  kind: BundleKind,
  content: Uint8Array,
): Promise<void> {
  const hasOneWay = shipping.transports.some(({ bulk }) => bulk.traits.oneWay);
  if (!isRepeated(kind) || !hasOneWay) {
    return await publishToOutbox(files, random, spool, name, content);
  }
  const copies = `${spool}/copies`;
  await files.makeDirectory(copies, 0o700);
  const temporaryDirectory = `${spool}/tmp`;
  await publish(files, random, { temporaryDirectory, directory: copies, name, content });
  await files.link(`${copies}/${name}`, `${spool}/outbox/${name}`);
  await files.syncDirectory(`${spool}/outbox`);
  await dropOlder(files, copies, name, kind);
}

/** For one that was sealed before there was a one-way link. A copy that is lost in a crash is only one copy less. */
async function keepCopy(
  files: FileSystem,
  spool: string,
  copies: string,
  { fileName, kind }: OutboxEntry,
): Promise<void> {
  const isSame = (name: string): boolean => name.includes(`.${kind}.`);
  const isNewest = !(await files.list(copies)).some((name) => isSame(name) && name >= fileName);
  if (!isRepeated(kind) || !isNewest) return;
  try {
    await files.link(`${spool}/outbox/${fileName}`, `${copies}/${fileName}`);
  } catch (error) {
    // A lane that still runs has just sent it.
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  await dropOlder(files, copies, fileName, kind);
}

/** Of each kind the newest stays. */
async function dropOlder(
  files: FileSystem,
  copies: string,
  newest: string,
  kind: BundleKind,
): Promise<void> {
  for (const name of await files.list(copies)) {
    if (name !== newest && name.includes(`.${kind}.`)) await files.unlink(`${copies}/${name}`);
  }
}
