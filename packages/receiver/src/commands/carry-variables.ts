// Custom variables as commands: those that the core has of an object, where the site's value is another.

import {
  commandFault,
  customVariableCommand,
  type CommandMemory,
  type ObjectAt,
  type PlannedCommand,
} from "@siteferry/apply";
import type { Pairs } from "@siteferry/model";
import { dialectOf } from "../commands-settings.ts";
import { type SiteRecord, reopen } from "../mirror.ts";
import { isOwnHost, nameAtCentre } from "../ownership.ts";
import { centreKey, settledAtMs } from "./picture.ts";
import { loadMemory, sendRemembered, type SiteOutcome, type SiteRun } from "./site-run.ts";

/** After so many milliseconds, doubled with each try, what the core didn't do is tried again. */
const pauseMs = 60_000;
const pauseMsMax = 3_600_000;

export async function carryVariables(
  run: SiteRun,
  { config }: SiteRecord,
  wants: (variable: string) => boolean,
): Promise<SiteOutcome> {
  if (config === null) return { commands: 0, waiting: 0, refused: 0, unsent: 0 };
  const { clock } = run.opening.world;
  const dialect = dialectOf(run.target);
  const memoryName = `${run.site}.variables`;
  const before = await loadMemory(run, memoryName);
  const memory = new Map<string, CommandMemoryEntry>();
  const due: PlannedCommand[] = [];
  let [waiting, refused] = [0, 0];
  for await (const planned of differences(run, config, wants)) {
    const known = before.get(planned.key);
    if (known !== undefined) memory.set(planned.key, known);
    if (commandFault(planned.command, dialect) !== null) {
      refused += 1;
    } else if (known === undefined || isDueAgain(known, clock.now(), settledAtMs(run.look))) {
      due.push(planned);
    } else {
      waiting += 1;
    }
  }
  const sent = await sendRemembered(run, memoryName, due, memory);
  return { commands: sent, waiting: waiting + due.length, refused, unsent: due.length - sent };
}

type CommandMemoryEntry = NonNullable<ReturnType<CommandMemory["get"]>>;

function isDueAgain(
  { sentAtMs, tries }: CommandMemoryEntry,
  nowMs: number,
  madeAtMs: number,
): boolean {
  if (madeAtMs <= sentAtMs) return false;
  return Math.abs(nowMs - sentAtMs) > Math.min(pauseMs * 2 ** (tries - 1), pauseMsMax);
}

async function* differences(
  run: SiteRun,
  config: NonNullable<SiteRecord["config"]>,
  wants: (variable: string) => boolean,
): AsyncGenerator<PlannedCommand, void> {
  const { variables } = await run.objects();
  const { configuration } = await reopen(run.opening, config, "config");
  const isOwn = isOwnHost(run.settings);
  const hostName = nameAtCentre(run.settings);
  const compare = function* (at: ObjectAt, ofSite: Pairs): Generator<PlannedCommand, void> {
    const ofCentre = new Map(variables.get(centreKey(at.host, at.service)));
    for (const [name, value] of ofSite) {
      const there = ofCentre.get(name);
      if (!wants(name) || there === undefined || there === value) continue;
      const key = [at.host, at.service ?? "", name, value].join("\t");
      yield { key, command: customVariableCommand(at, name, value) };
    }
  };
  for (const { name, custom_variables } of configuration.hosts) {
    if (isOwn(name)) yield* compare({ host: hostName(name), service: null }, custom_variables);
  }
  for (const { host_name, description, custom_variables } of configuration.services) {
    if (!isOwn(host_name)) continue;
    yield* compare({ host: hostName(host_name), service: description }, custom_variables);
  }
}
