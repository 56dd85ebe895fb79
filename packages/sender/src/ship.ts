// carry, the sender's half: from the outbox through the transports, each in lanes of its own, so that
// one that hangs keeps no other waiting. A bundle leaves the outbox when all transports have taken it,
// or the first that works, as the settings say.

import { checkReceipt, type SignerList } from "@siteferry/bundle";
import { Busy, type SendingTransport } from "@siteferry/carry/contract";
import { errorFields, explain, FerryError, limits, systemCode, type World } from "@siteferry/model";
import {
  afterFailure,
  afterRefusal,
  afterTaken,
  isFailing,
  isPausing,
  type Link,
  linkOf,
  type Links,
  loadLinks,
  saveLinks,
  type Stream,
  streamOf,
  streams,
  tidyLinks,
  withoutPauses,
} from "./links.ts";
import { listOutbox, type OutboxEntry } from "./outbox.ts";
import { isRepeated, listCopies } from "./repeat.ts";
import type { Sender } from "./send.ts";

export interface Shipment {
  /** Bundles that left the outbox since the run before. */
  readonly shipped: number;
  /** Bundles that stay in the outbox because a transport failed or is still at work. */
  readonly waiting: number;
  /** Times that the centre refused a bundle; it stays, and is offered again. */
  readonly refusedByCentre: number;
}

/** A transport, opened once for each stream: it does one thing at a time. */
type OpenTransport = Readonly<Record<Stream, SendingTransport>>;

/** How a process ships. In the daemon lanes outlive a run. */
export interface Shipping {
  readonly transports: readonly OpenTransport[];
  /** The centre's keys, which sign receipts; null if no transport acknowledges. */
  readonly centreKeys: SignerList | null;
  /** A pause after a failure is kept. Not in a single run: cron and people decide when to try. */
  readonly keepsPauses: boolean;
  /** Waits for the lanes, as long as a run may. */
  patience(lanes: Promise<unknown>): Promise<unknown>;
  readonly lanes: Lanes;
}

/** What a process knows of its lanes, from run to run. */
export class Lanes {
  links: Links | null = null;
  shipped = 0;
  refused = 0;
  readonly running: Map<string, Promise<void>> = new Map();
  saving: Promise<void> = Promise.resolve();
  /** The process ends: nothing new begins, and what breaks off now says nothing of its link. */
  stopping = false;

  /** Makes `links` durable, one change after the other. */
  async save(world: World, spool: string): Promise<void> {
    const save = (): Promise<void> => saveLinks(world, `${spool}/state`, this.links!);
    this.saving = this.saving.then(save, save);
    await this.saving;
  }
}

/** A run of its own: each transport at once, until it is through or fails. */
export function shipOnce(
  transports: readonly SendingTransport[],
  centreKeys: SignerList | null = null,
): Shipping {
  return {
    transports: transports.map((transport) => ({ bulk: transport, express: transport })),
    centreKeys,
    keepsPauses: false,
    patience: (lanes) => lanes,
    lanes: new Lanes(),
  };
}

/** What waits, through all transports. */
export async function ship(sender: Sender): Promise<Shipment> {
  const { world, spool, settings, shipping } = sender;
  const { transports, lanes } = shipping;
  const copies = await listCopies(world.files, spool);
  const entries = await listOutbox(world.files, spool);
  const known = lanes.links ?? (await loadLinks(world.files, `${spool}/state`));
  lanes.links = tidyLinks(
    known,
    transports.map(({ bulk }) => bulk.name),
    [...copies, ...entries.map(({ fileName }) => fileName)],
    entries,
  );
  // Else a link that is used no more, or a stick's, would count as failing for ever.
  if (Object.keys(known).some((name) => !(name in lanes.links!))) await lanes.save(world, spool);
  const before = { shipped: lanes.shipped, refused: lanes.refused };
  // What a run noted that died right then, or what only waited for a transport that isn't named any more.
  for (const entry of entries) if (isThrough(sender, entry)) await leave(sender, entry);
  const routes = settings.deliver === "first" ? [transports] : transports.map((one) => [one]);
  for (const stream of streams) {
    for (const route of routes) startLane(sender, route, stream);
  }
  await shipping.patience(allOf(lanes));
  return {
    shipped: lanes.shipped - before.shipped,
    refusedByCentre: lanes.refused - before.refused,
    waiting: (await listOutbox(world.files, spool)).length,
  };
}

/** One that still runs goes on, and sees for itself what came meanwhile. */
function startLane(sender: Sender, route: readonly OpenTransport[], stream: Stream): void {
  const { world, shipping } = sender;
  const { running } = shipping.lanes;
  const name = `${route[0]!.bulk.name} ${stream}`;
  if (running.has(name)) return;
  const work = async (): Promise<void> => {
    for (const transport of route) await passThrough(sender, transport[stream], stream, route);
    // A delta may go only now that its keyframe has gone.
    if (stream === "bulk") startLane(sender, route, "express");
  };
  const lane = work().finally(() => running.delete(name));
  // Nobody may be waiting for it any more.
  lane.catch((error: unknown) => {
    const failure = explain(error, `Shipping through ${name}`);
    world.log.error(errorFields(failure), `${name} stopped`);
  });
  running.set(name, lane);
}

/** Waits for all, also for those that start meanwhile, then throws what one of them threw. */
async function allOf({ running }: Lanes): Promise<void> {
  const failures: unknown[] = [];
  while (running.size > 0) {
    for (const end of await Promise.allSettled(running.values())) {
      if (end.status === "rejected") failures.push(end.reason);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** What waits for this link, oldest first, until it is through or the link fails. */
async function passThrough(
  sender: Sender,
  transport: SendingTransport,
  stream: Stream,
  route: readonly OpenTransport[],
): Promise<void> {
  const { world, spool, shipping } = sender;
  const refused = new Set<string>();
  for (;;) {
    if (shipping.lanes.stopping) return;
    const link = linkOf(shipping.lanes.links!, transport.name);
    const nowMs = world.clock.now();
    const holds = (untilMs = 0): boolean => shipping.keepsPauses && isPausing(untilMs, nowMs);
    if (holds(link.pauses[stream].untilMs)) return;
    const next = (await listOutbox(world.files, spool)).find(
      (entry) =>
        streamOf(entry, linksOf(shipping.lanes, route)) === stream &&
        !link.taken.includes(entry.fileName) &&
        !refused.has(entry.fileName) &&
        !holds(link.refusals[entry.fileName]?.untilMs),
    );
    if (next === undefined) return;
    const outcome = await sendOne(sender, transport, stream, next);
    if (outcome === "failed") return;
    if (outcome === "refused") refused.add(next.fileName);
    if (outcome === "taken") await forgive(sender, route.slice(1 + placeIn(route, transport)));
  }
}

function placeIn(route: readonly OpenTransport[], { name }: SendingTransport): number {
  return route.findIndex(({ bulk }) => bulk.name === name);
}

/** Nobody tries those behind a link that works: that they failed once would be said for ever. */
async function forgive({ world, spool, shipping }: Sender, behind: readonly OpenTransport[]) {
  const { lanes } = shipping;
  const failing = behind
    .map(({ bulk }) => bulk.name)
    .filter((name) => isFailing(linkOf(lanes.links!, name)));
  if (failing.length === 0) return;
  for (const name of failing) {
    lanes.links = { ...lanes.links, [name]: withoutPauses(linkOf(lanes.links!, name)) };
  }
  await lanes.save(world, spool);
}

function linksOf({ links }: Lanes, route: readonly OpenTransport[]): readonly Link[] {
  return route.map(({ bulk }) => linkOf(links!, bulk.name));
}

/** A failure is logged, remembered, and tried again later. */
async function sendOne(
  sender: Sender,
  transport: SendingTransport,
  stream: Stream,
  entry: OutboxEntry,
): Promise<"taken" | "superseded" | "refused" | "failed"> {
  const { world, spool, shipping } = sender;
  const { files, log } = world;
  const { fileName } = entry;
  const path = `${spool}/outbox/${fileName}`;
  const content = await files
    .read(path, limits.bundleBytesMax, { trusted: true })
    .catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return null;
      throw error;
    });
  if (content === null) return "superseded";
  // Anew with each piece: other lanes are at work, too.
  let sent = 0;
  const onSent = (bytes: number): void => {
    sent += bytes;
    const doing = `Sending ${fileName} through ${transport.name}`;
    world.progress?.begin(doing, content.length, sent);
  };
  onSent(0);
  try {
    const receipt = await transport.send({ name: fileName, content, onSent });
    if (transport.traits.acknowledges) checkAcknowledged(sender, transport, receipt, content);
  } catch (error) {
    if (shipping.lanes.stopping) return "failed";
    const failure = explain(error, `Sending through ${transport.name}`);
    log.warn(errorFields(failure), `${transport.name} failed; ${fileName} waits`);
    const isRefused = isOfBundle(failure);
    if (failure.code === "centre-refused") shipping.lanes.refused += 1;
    await remember(sender, transport, (link) => afterProblem(sender, link, stream, entry, failure));
    return isRefused ? "refused" : "failed";
  }
  await remember(sender, transport, (link) => afterTaken(link, stream, entry), entry);
  return "taken";
}

function checkAcknowledged(
  { world, settings: { centre }, shipping }: Sender,
  { name }: SendingTransport,
  receipt: Uint8Array | null,
  content: Uint8Array,
): void {
  if (receipt === null || shipping.centreKeys === null) {
    throw new FerryError("receipt-invalid", `${name} brought no receipt`);
  }
  const trust = { centre, signers: shipping.centreKeys, nowMs: world.clock.now() };
  checkReceipt(receipt, content, trust);
}

/** Trying again won't help this bundle, and says nothing of the next one. */
function isOfBundle({ code, kind }: FerryError): boolean {
  return code === "centre-refused" || kind === "permanent";
}

function afterProblem(
  { world: { clock, random } }: Sender,
  link: Link,
  stream: Stream,
  { fileName }: OutboxEntry,
  failure: FerryError,
): Link {
  const nowMs = clock.now();
  if (isOfBundle(failure)) {
    return afterRefusal(link, fileName, failure, nowMs);
  }
  const fraction = Buffer.from(random.bytes(4)).readUInt32BE() / 2 ** 32;
  const askedForMs = failure instanceof Busy ? failure.retryAfterMs : null;
  return afterFailure(link, stream, failure, { nowMs, fraction, askedForMs });
}

/**
 * Notes what became of a link, one lane after the other. `taken` leaves the outbox if that was the last
 * link that it had to go through; then only a later failure would miss what isn't made durable here.
 */
async function remember(
  sender: Sender,
  { name }: SendingTransport,
  change: (link: Link) => Link,
  taken?: OutboxEntry,
): Promise<void> {
  const { world, spool, shipping } = sender;
  const { lanes } = shipping;
  const before = linkOf(lanes.links!, name);
  const after = change(before);
  lanes.links = { ...lanes.links, [name]: after };
  const leaves = taken !== undefined && isThrough(sender, taken);
  const isNews =
    !leaves ||
    isRepeated(taken.kind) ||
    JSON.stringify(after.pauses) !== JSON.stringify(before.pauses);
  if (isNews) await lanes.save(world, spool);
  if (leaves) await leave(sender, taken);
}

function isThrough(
  { settings, shipping: { transports, lanes } }: Sender,
  { fileName }: OutboxEntry,
): boolean {
  const hasIt = ({ bulk }: OpenTransport): boolean =>
    linkOf(lanes.links!, bulk.name).taken.includes(fileName);
  return settings.deliver === "first" ? transports.some(hasIt) : transports.every(hasIt);
}

async function leave({ world, spool, shipping }: Sender, { fileName }: OutboxEntry): Promise<void> {
  await world.files.unlink(`${spool}/outbox/${fileName}`);
  shipping.lanes.shipped += 1;
}
