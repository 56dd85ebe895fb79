// The sender's narrative: collect, compare with what travelled before, seal, publish to the outbox,
// ship. One run of it is `send --once`; the daemon repeats it.

import { configurationHash, type Member, seal, type Signer } from "@siteferry/bundle";
import type { SendingTransport } from "@siteferry/carry";
import { type HeaderLine, type LivestatusClient, parseHeaderLine } from "@siteferry/livestatus";
import { type BundleKind, formatBundleName, limits, type World } from "@siteferry/model";
import { openDirectories } from "@siteferry/spool";
import { dumpSite, type SiteDump } from "./dump-site.ts";
import { loadMemory, saveMemory, type SenderMemory } from "./numbering.ts";
import { listOutbox, publishToOutbox, superseded } from "./outbox.ts";
import type { SenderSettings } from "./settings.ts";
import { type Shipment, ship } from "./ship.ts";

/** Everything a run needs; the caller holds the spool's lock. */
export interface Sender {
  readonly world: World;
  readonly settings: SenderSettings;
  /** The sender's own directory in the spool. */
  readonly spool: string;
  readonly signer: Signer;
  connect(): Promise<LivestatusClient>;
  readonly transports: readonly SendingTransport[];
}

export interface SealedBundle {
  readonly name: string;
  readonly kind: BundleKind;
  readonly rows: number;
  readonly sizeBytes: number;
}

export interface SendReport extends Shipment {
  readonly sealed: readonly SealedBundle[];
  readonly rowsRefused: number;
  /** Bundles that a newer one replaced before they were shipped. */
  readonly superseded: number;
}

/**
 * One run. What a transport couldn't take waits in the outbox and is no failure of the run; a core
 * that can't be read is, but what waits from earlier runs is shipped all the same.
 */
export async function send(sender: Sender): Promise<SendReport> {
  const { world, spool } = sender;
  await openDirectories(world.files, spool, ["tmp", "outbox", "state"]);
  const collected = await collect(sender).catch((error: unknown) => ({ error }));
  const shipment = await ship(sender);
  if ("error" in collected) throw collected.error;
  const report = { ...collected, ...shipment };
  const { sealed, shipped, waiting } = report;
  world.log.info(report, `Sealed ${sealed.length}, shipped ${shipped}, waiting ${waiting}`);
  return report;
}

/** From the core into the outbox. */
async function collect(sender: Sender): Promise<Omit<SendReport, keyof Shipment>> {
  const { world, settings, spool } = sender;
  const { files, random, clock, log } = world;
  const dump = await dumpSite(sender.connect, {
    filters: readFilters(settings),
    flavour: settings.core,
    log,
  });
  const memory = await loadMemory(files, `${spool}/state`, clock.now());
  const plan = planBundles(dump, memory, clock.now(), settings.keyframe);

  await saveMemory(files, random, `${spool}/state`, {
    ...memory,
    nextSequence: memory.nextSequence + plan.bundles.length,
  });
  const sealed: SealedBundle[] = [];
  for (const [index, bundle] of plan.bundles.entries()) {
    sealed.push(await sealAndPublish(sender, dump, plan, bundle, memory, index));
  }
  await saveMemory(files, random, `${spool}/state`, plan.after);

  const dropped = superseded(await listOutbox(files, spool));
  for (const { fileName } of dropped) await files.unlink(`${spool}/outbox/${fileName}`);
  return { sealed, rowsRefused: dump.rowsRefused, superseded: dropped.length };
}

interface PlannedBundle {
  readonly kind: "config" | "keyframe";
  readonly members: readonly Member[];
}

interface Plan {
  readonly bundles: readonly PlannedBundle[];
  readonly configurationHash: string;
  /** What to remember once they are published. */
  readonly after: SenderMemory;
}

/** The configuration travels when it changed, and from time to time; the state always. */
function planBundles(dump: SiteDump, memory: SenderMemory, now: number, keyframeMs: number): Plan {
  const hash = configurationHash(dump.configuration);
  const age = now - memory.configurationSentAt;
  const isDue = hash !== memory.configurationHash || age >= keyframeMs || age < 0;
  const bundles: PlannedBundle[] = [
    ...(isDue ? [{ kind: "config" as const, members: dump.configuration }] : []),
    { kind: "keyframe", members: dump.states },
  ];
  return {
    bundles,
    configurationHash: hash,
    after: {
      epoch: memory.epoch,
      nextSequence: memory.nextSequence + bundles.length,
      configurationHash: hash,
      configurationSentAt: isDue ? now : memory.configurationSentAt,
    },
  };
}

async function sealAndPublish(
  { world, settings, spool, signer }: Sender,
  dump: SiteDump,
  plan: Plan,
  { kind, members }: PlannedBundle,
  memory: SenderMemory,
  index: number,
): Promise<SealedBundle> {
  const { site, centre } = settings;
  const identity = { site, epoch: memory.epoch, sequence: memory.nextSequence + index };
  const createdMs = world.clock.now();
  const content = await seal(
    {
      ...identity,
      kind,
      recipient: centre,
      createdMs,
      expiresMs: createdMs + limits.bundleLifetimeMs,
      configurationHash: plan.configurationHash,
      source: dump.versions,
      members,
    },
    signer,
  );
  const name = formatBundleName({ ...identity, kind });
  await publishToOutbox(world.files, world.random, spool, name, content);
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  return { name, kind, rows, sizeBytes: content.length };
}

function readFilters({ filters }: SenderSettings): {
  hosts: readonly HeaderLine[];
  services: readonly HeaderLine[];
} {
  return {
    hosts: filters.hosts.map(parseHeaderLine),
    services: filters.services.map(parseHeaderLine),
  };
}
