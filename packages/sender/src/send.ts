// The sender's narrative: collect, compare with what travelled before, seal, publish to the outbox,
// ship. One run of it is `send --once`; the daemon repeats it.

import {
  type OutboxNote,
  readHeader,
  sealWithBase,
  type SealInput,
  type Signer,
} from "@siteferry/bundle";
import type { RunCommand } from "@siteferry/agent";
import { type LivestatusClient, parseHeaderLine } from "@siteferry/livestatus";
import { type BundleKind, formatBundleName, limits, type World } from "@siteferry/model";
import { openDirectories } from "@siteferry/spool";
import { loadBase, saveBase } from "./base.ts";
import { dumpSite, type SiteDump } from "./dump-site.ts";
import { keyframeAfter } from "./keyframe-schedule.ts";
import { rememberFailure, rememberSealed } from "./last-run.ts";
import { loadMemory, saveMemory, type SenderMemory } from "./numbering.ts";
import { noteOutbox } from "./note-outbox.ts";
import { dropOfOtherRoute, dropSuperseded } from "./outbox.ts";
import { eventsSince, type Plan, planBundles, type PlannedBundle } from "./plan.ts";
import { publishSealed, repeatKeyframe } from "./repeat.ts";
import { collectDump } from "./send-dump.ts";
import type { SenderSettings } from "./settings.ts";
import { type Shipment, ship, type Shipping } from "./ship.ts";

/** Everything a run needs; the caller holds the spool's lock. */
export interface Sender {
  readonly world: World;
  readonly settings: SenderSettings;
  /** The sender's own directory in the spool. */
  readonly spool: string;
  readonly signer: Signer;
  /** All has to travel in this run: what it makes stands for itself. */
  readonly whole?: boolean;
  /** Another one after each start of the machine; "" if that can't be told. */
  readonly life: string;
  connect(): Promise<LivestatusClient>;
  /** Absent: that of a real process. */
  readonly runCommand?: RunCommand;
  readonly shipping: Shipping;
}

export interface SealedBundle {
  readonly name: string;
  readonly kind: BundleKind;
  readonly rows: number;
  readonly sizeBytes: number;
  /** SHA-512. */
  readonly payloadHash: string;
}

export interface SendReport extends Shipment {
  readonly sealed: readonly SealedBundle[];
  readonly rowsRefused: number;
  /** Events that were too old for a bundle's number of them. */
  readonly eventsLeftOut: number;
  /** 1 if the core's log couldn't be read. */
  readonly eventsUnread: number;
  /** Bundles that were put into the outbox again, for links that can't tell of a loss. */
  readonly repeated: number;
  /** Bundles that a newer one replaced before they were shipped. */
  readonly superseded: number;
}

/**
 * One run. What a transport couldn't take waits in the outbox and is no failure of the run; a core
 * that can't be read is, but what waits from earlier runs is shipped all the same.
 */
export async function send(sender: Sender): Promise<SendReport> {
  const { world, spool } = sender;
  // It sweeps, and what a lane that still runs is writing is no leftover.
  if (sender.shipping.lanes.running.size === 0) {
    await openDirectories(world.files, spool, ["tmp", "outbox", "state"]);
    await dropOfOtherRoute(world, spool, sender.settings);
  }
  const { exec } = sender.settings;
  const collecting = exec === undefined ? collect(sender) : collectDump(sender, exec);
  const collected = await collecting.catch((error: unknown) => ({ error }));
  if ("error" in collected) {
    await rememberFailure(world, `${spool}/state`, collected.error);
    await ship(sender);
    throw collected.error;
  }
  await rememberSealed(world, `${spool}/state`);
  const report = { ...collected, ...(await ship(sender)) };
  const { sealed, shipped, waiting } = report;
  world.log.info(report, `Sealed ${sealed.length}, shipped ${shipped}, waiting ${waiting}`);
  return report;
}

export type Collected = Omit<SendReport, keyof Shipment>;

/** From the core into the outbox. */
async function collect(sender: Sender): Promise<Collected> {
  const { world, settings, spool } = sender;
  const { files, random, clock, log } = world;
  const state = `${spool}/state`;
  const filters = {
    hosts: settings.filters.hosts.map(parseHeaderLine),
    services: settings.filters.services.map(parseHeaderLine),
  };
  // What travelled before says how much of the core's log has to be read.
  const nowMs = clock.now();
  const outbox = await noteOutbox(files, spool);
  const memory = await loadMemory(files, state, nowMs, sender.life, random, settings);
  const base = await loadBase(files, state, memory.keyframe);
  const known =
    sender.whole === true ? { ...memory, keyframe: null, configurationHash: "" } : memory;
  const dump = await dumpSite(sender.connect, {
    filters,
    flavour: settings.core,
    log,
    progress: world.progress,
    eventsSince: (configuration) =>
      settings.events ? eventsSince(configuration, known, base, nowMs, settings.keyframe) : null,
  });
  const plan = planBundles(dump, known, base, nowMs, settings.keyframe);

  // Once a keyframe may be published the old one is no base any more, whatever happens before the
  // new one is remembered.
  const hasKeyframe = plan.bundles.some(({ kind }) => kind === "keyframe");
  const reserved = {
    ...memory,
    nextSequence: memory.nextSequence + plan.bundles.length,
    keyframe: hasKeyframe ? null : memory.keyframe,
  };
  await saveMemory(files, random, state, reserved);
  const sealed: SealedBundle[] = [];
  for (const [index, bundle] of plan.bundles.entries()) {
    sealed.push(await sealAndPublish(sender, { ...dump, outbox }, plan, bundle, memory, index));
  }
  const after = memoryAfter(reserved, plan, sealed, nowMs);
  const { repeated, memory: next } = await repeatKeyframe(sender, after, nowMs);
  await saveMemory(files, random, state, next);
  return {
    sealed,
    rowsRefused: dump.rowsRefused,
    eventsLeftOut: dump.eventsLeftOut,
    eventsUnread: dump.eventsUnread,
    repeated,
    superseded: await dropSuperseded(files, spool),
  };
}

async function sealAndPublish(
  sender: Sender,
  dump: SiteDump & { readonly outbox: OutboxNote },
  plan: Plan,
  bundle: PlannedBundle,
  memory: SenderMemory,
  index: number,
): Promise<SealedBundle> {
  const { world, settings, spool, signer } = sender;
  const { files, random, clock } = world;
  const { kind, members } = bundle;
  const identity = {
    site: settings.site,
    epoch: memory.epoch,
    sequence: memory.nextSequence + index,
  };
  const name = formatBundleName({ ...identity, kind });
  world.progress?.begin(`Sealing ${name}`);
  const createdMs = clock.now();
  const common = {
    ...identity,
    recipient: settings.centre,
    createdMs,
    expiresMs: createdMs + limits.bundleLifetimeMs,
    source: dump.versions,
    outbox: dump.outbox,
    members,
  };
  const input: SealInput =
    bundle.kind === "delta"
      ? { ...common, kind: "delta", base: bundle.base.header }
      : { ...common, kind: bundle.kind, configurationHash: plan.configurationHash };
  const { bundle: content, base } = await sealWithBase(input, signer, {
    recipients: settings.encryptTo,
  });
  const { payloadHash } = readHeader(content).unverified;
  await publishSealed(sender, name, kind, content);
  // After the outbox: a base whose keyframe was never published would make worthless deltas.
  if (kind === "keyframe") await saveBase(files, random, `${spool}/state`, base);
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  return { name, kind, rows, sizeBytes: content.length, payloadHash };
}

/** What to remember once `sealed` is published. */
function memoryAfter(
  memory: SenderMemory,
  { configurationHash, sendsConfiguration }: Plan,
  sealed: readonly SealedBundle[],
  nowMs: number,
): SenderMemory {
  const sequence = memory.nextSequence - 1;
  const state = sealed.at(-1)!;
  return {
    ...memory,
    configurationHash,
    configurationSentAt: sendsConfiguration ? nowMs : memory.configurationSentAt,
    keyframe: keyframeAfter(memory.keyframe, state, { sequence, nowMs, configurationHash }),
  };
}
