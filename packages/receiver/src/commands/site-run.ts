// One site and one core in a run: what people said at the site against what the core shows, the difference
// as commands. Level triggered: nothing is believed to have arrived before it was seen there.

import {
  type Annotation,
  type CommandCounts,
  type CommandMemory,
  decodeMemory,
  emptyMemory,
  encodeCommand,
  encodeMemory,
  noteSent,
  planCommands,
  type PlannedCommand,
} from "@siteferry/apply";
import { FerryError, type HostName, type SiteId, type States } from "@siteferry/model";
import { readState } from "@siteferry/spool";
import { loadProgress, saveProgress } from "../applied-store.ts";
import { type CommandsSettings, dialectOf } from "../commands-settings.ts";
import type { Opening } from "../opening.ts";
import { nameAtCentre } from "../ownership.ts";
import type { SiteSettings } from "../settings.ts";
import type { CoreLink } from "./core-link.ts";
import { type CentreLook, type CentreObjects, viewOf } from "./picture.ts";

export interface SiteRun {
  readonly opening: Opening;
  readonly target: CommandsSettings;
  /** Of the target, in the receiver's spool. */
  readonly directory: string;
  readonly link: CoreLink;
  readonly look: CentreLook;
  /** Asked for once a run. */
  objects(): Promise<CentreObjects>;
  readonly site: SiteId;
  readonly settings: SiteSettings;
  /** Whether the site may say something of this host of its own at this core. */
  isOwn(host: HostName): boolean;
}

export interface SiteOutcome {
  /** Commands that are on their way. */
  readonly commands: number;
  /** Things that a later run has to look at again, those commands included. */
  readonly waiting: number;
  /** What the core can't be told. */
  readonly refused: number;
  /** What it was told several times, and doesn't show. */
  readonly unseen: number;
  /** Commands for which the time of this run was too short. */
  readonly unsent: number;
}

export const nothingDone: SiteOutcome = {
  commands: 0,
  waiting: 0,
  refused: 0,
  unseen: 0,
  unsent: 0,
};

const annotations: readonly Annotation[] = ["acknowledgements", "downtimes", "comments"];

/** @param foreign how much the site said of hosts that it doesn't speak for */
export async function reconcileAnnotations(
  run: SiteRun,
  states: States,
  foreign: number,
): Promise<SiteOutcome> {
  const { opening, target, look, site, settings } = run;
  const memoryName = `${site}.sent`;
  const before = await loadMemory(run, memoryName);
  const plan = planCommands(
    { site, states, hostName: nameAtCentre(settings), isOwn: run.isOwn },
    viewOf(look, await run.objects()),
    {
      dialect: dialectOf(target),
      carry: new Set(annotations.filter((one) => target.carry.includes(one))),
      mark: target.mark,
      memory: before,
      nowMs: opening.world.clock.now(),
    },
  );
  await tellRefusals(run, plan.refusals, plan.counts.refused);
  await tellLeft(run, { ...plan.counts, foreign: plan.counts.foreign + foreign });
  const { counts, commands, memory } = plan;
  if (commands.length === 0) await saveMemory(run, memoryName, memory, before);
  const sent = await sendRemembered(run, memoryName, commands, memory);
  return {
    commands: sent,
    waiting: waitingOf(counts) + commands.length,
    refused: counts.refused,
    unseen: counts.unseen,
    unsent: commands.length - sent,
  };
}

function waitingOf(counts: CommandCounts): number {
  const { underWay, waitingForObject, waitingForProblem, waitingForRoom } = counts;
  return (
    underWay + waitingForObject + waitingForProblem + waitingForRoom + counts.waitingForTrigger
  );
}

/** Returns how many are on their way. */
export async function sendRemembered(
  run: SiteRun,
  memoryName: string,
  commands: readonly PlannedCommand[],
  memory: CommandMemory,
): Promise<number> {
  if (commands.length === 0) return 0;
  const { clock, progress } = run.opening.world;
  progress?.begin(`Commands of ${run.site}`, commands.length);
  const dialect = dialectOf(run.target);
  const nowMs = clock.now();
  const lines = commands.map(({ command }) => encodeCommand(command, dialect, nowMs));
  await saveMemory(run, memoryName, noteSent(memory, commands, nowMs));
  const sent: PlannedCommand[] = [];
  try {
    await run.link.send(lines, (index) => {
      sent.push(commands[index]!);
      progress?.add(1);
    });
  } finally {
    // What the core shows of the moment before the last one went out doesn't have all of them.
    await saveMemory(run, memoryName, noteSent(memory, sent, clock.now()));
  }
  return sent.length;
}

export async function loadMemory(
  { opening: { world }, directory, site }: SiteRun,
  name: string,
): Promise<CommandMemory> {
  const state = await readState(world.files, directory, name).catch((error: unknown) => {
    // Damaged, too large, no file: whatever it is, the site's commands must not stand still for it.
    if (error instanceof FerryError && /^(spool-damaged|file-unsuitable)$/.test(error.code)) {
      return { content: Buffer.from("?") };
    }
    throw error;
  });
  if (state === null) return emptyMemory;
  const memory = decodeMemory(new TextDecoder().decode(state.content));
  if (memory !== null) return memory;
  const message = "What was sent and not seen yet is forgotten: some of it may be sent once more";
  world.log.warn({ site, file: `${directory}/${name}` }, message);
  return emptyMemory;
}

async function saveMemory(
  { opening, directory }: SiteRun,
  name: string,
  memory: CommandMemory,
  before?: CommandMemory,
): Promise<void> {
  const text = encodeMemory(memory);
  if (before !== undefined && text === encodeMemory(before)) return;
  await saveProgress(opening.world, directory, name, text);
}

/** Once, until others are refused: they are planned again with each bundle. */
async function tellRefusals(
  { opening: { world }, directory, site }: SiteRun,
  refusals: readonly string[],
  refused: number,
): Promise<void> {
  const name = `${site}.refusals`;
  const now = refusals.join("\n");
  if (now === (await loadProgress(world, directory, name))) return;
  await saveProgress(world, directory, name, now);
  if (refused > 0) world.log.warn({ site, refused, refusals }, "The core can't be told of all");
}

/** Once, until it is another number: what isn't said to the core, and rightly so. */
async function tellLeft(
  { opening: { world }, directory, site }: SiteRun,
  { foreign, operators, ended }: CommandCounts,
): Promise<void> {
  const name = `${site}.left`;
  const now = `${foreign} ${operators} ${ended}`;
  const before = (await loadProgress(world, directory, name)) || "0 0 0";
  if (now === before) return;
  await saveProgress(world, directory, name, now);
  const message =
    `Not said to the core of what ${site} says: ${foreign} on hosts that it doesn't speak for, ` +
    `${operators} acknowledged there by somebody else, ${ended} that are over`;
  world.log.info({ site, foreign, operators, ended }, message);
}
