// Custom variables as commands: those that the core has of an object, where the site's value is another.

import {
  commandFault,
  commandKey,
  type CoreCommand,
  customVariableCommand,
  defaultIllegalValueCharacters,
  type ObjectAt,
  type PlannedCommand,
  type SentCommand,
  waitsFor,
} from "@siteferry/apply";
import type { Pairs } from "@siteferry/model";
import { dialectOf } from "../commands-settings.ts";
import { type SiteRecord, reopen } from "../mirror.ts";
import { nameAtCentre } from "../ownership.ts";
import { centreKey } from "./picture.ts";
import {
  loadMemory,
  nothingDone,
  sendRemembered,
  type SiteOutcome,
  type SiteRun,
} from "./site-run.ts";

export async function carryVariables(
  run: SiteRun,
  { config }: SiteRecord,
  wants: (variable: string) => boolean,
): Promise<SiteOutcome> {
  if (config === null) return nothingDone;
  const nowMs = run.opening.world.clock.now();
  const { madeAtMs } = run.look;
  const dialect = dialectOf(run.target);
  const memoryName = `${run.site}.variables`;
  const before = await loadMemory(run, memoryName);
  const memory = new Map<string, SentCommand>();
  const due: PlannedCommand[] = [];
  let [waiting, refused, unseen] = [0, 0, 0];
  for await (const planned of differences(run, config, wants)) {
    const known = before.get(planned.key);
    if (known !== undefined) memory.set(planned.key, known);
    const why = waitsFor(known, { madeAtMs, nowMs });
    const isUnsaid =
      isDangerous(planned.command) || commandFault(planned.command, dialect) !== null;
    if (isUnsaid) refused += 1;
    else if (why === "pause") unseen += 1;
    else if (why === "under-way") waiting += 1;
    else due.push(planned);
  }
  const sent = await sendRemembered(run, memoryName, due, memory);
  const unsent = due.length - sent;
  return { commands: sent, waiting: waiting + due.length, refused, unseen, unsent };
}

/** As in object configuration: it becomes part of notification commands, and a shell could mistake it. */
function isDangerous(command: CoreCommand): boolean {
  if (command.kind !== "custom-variable") return false;
  return defaultIllegalValueCharacters.split("").some((sign) => command.value.includes(sign));
}

async function* differences(
  run: SiteRun,
  config: NonNullable<SiteRecord["config"]>,
  wants: (variable: string) => boolean,
): AsyncGenerator<PlannedCommand, void> {
  const { variables } = await run.objects();
  const { configuration } = await reopen(run.opening, config, "config");
  const hostName = nameAtCentre(run.settings);
  const known = (name: string): string =>
    run.target.core === "icinga2" ? name : name.toUpperCase();
  const compare = function* (at: ObjectAt, ofSite: Pairs): Generator<PlannedCommand, void> {
    const ofCentre = variables.get(centreKey(at.host, at.service)) ?? [];
    const there = new Map(ofCentre.map(([name, value]) => [known(name), value]));
    for (const [name, value] of ofSite) {
      const before = there.get(known(name));
      if (!wants(name) || before === undefined || before === value) continue;
      const key = commandKey("custom-variable", at.host, at.service ?? "", name, value);
      yield { key, command: customVariableCommand(at, known(name), value) };
    }
  };
  for (const { name, custom_variables } of configuration.hosts) {
    if (run.isOwn(name)) yield* compare({ host: hostName(name), service: null }, custom_variables);
  }
  for (const { host_name, description, custom_variables } of configuration.services) {
    if (!run.isOwn(host_name)) continue;
    yield* compare({ host: hostName(host_name), service: description }, custom_variables);
  }
}
