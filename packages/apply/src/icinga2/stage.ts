// One stage on its way: uploaded, validated by the core, active and live, or refused with the core's
// reason. And the stages that aren't needed any more.

import { errorFields, FerryError, type Log, printable, explain } from "@siteferry/model";
import type { Icinga2Api } from "./api.ts";

export interface StageOptions {
  readonly packageName: string;
  /** How long the core may validate. */
  readonly validationMs: number;
}

/** `reason` is safe to print; `log` is what the core wrote. */
export type Verdict = { readonly kind: "valid"; readonly stage: string } | Invalid;

export interface Invalid {
  readonly kind: "invalid";
  readonly stage: string;
  readonly reason: string;
  readonly log: string;
}

const pollMs = 200;
/** A core that has valid configuration comes up with it; a large one takes its time. */
const liveWithinMs = 60_000;
const reasonLinesMax = 6;

/**
 * Returns when the core has judged; a stage that it `activate`d is live then, if that didn't take long.
 * @throws FerryError `core-unreachable` if it says nothing in time. Then it may do so later: the next
 *   run sees which stage is active.
 */
export async function tryStage(
  api: Icinga2Api,
  { packageName, validationMs }: StageOptions,
  files: Readonly<Record<string, string>>,
  activate: boolean,
): Promise<Verdict> {
  const before = await api.programStart();
  const stage = await api.upload(packageName, files, activate);
  const status = await soon(api, validationMs, async () => {
    const text = await api.readFile(packageName, stage, "status");
    return text === null || text.trim() === "" ? null : text.trim();
  });
  if (status === null) {
    const seconds = validationMs / 1000;
    throw new FerryError(
      "core-unreachable",
      `${api.where} hasn't validated the stage ${printable(stage)} within ${seconds} s`,
    );
  }
  if (status !== "0") {
    const log = (await api.readFile(packageName, stage, "startup.log")) ?? "";
    return { kind: "invalid", stage, log, reason: reasonOf(log) };
  }
  if (activate) {
    await soon(api, liveWithinMs, async () =>
      (await api.programStart()) === before ? null : "live",
    );
  }
  return { kind: "valid", stage };
}

/** Asks until there is something, or `null` when the time is over. A core that restarts is silent meanwhile. */
async function soon(
  api: Icinga2Api,
  withinMs: number,
  probe: () => Promise<string | null>,
): Promise<string | null> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += pollMs) {
    await api.pause(pollMs);
    const found = await probe().catch((error: unknown) => {
      if (error instanceof FerryError && error.code === "core-unreachable") return null;
      throw error;
    });
    if (found !== null) return found;
  }
  return null;
}

/** The lines of a startup.log that say what is wrong. */
function reasonOf(log: string): string {
  const lines = log.split("\n");
  const telling = lines.filter((line) => / critical\/|^Location: /.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(0, reasonLinesMax);
  return shown.map((line) => printable(line.replace(/^\[[^\]]*\] /, ""), 300)).join(" | ");
}

/** Takes away all stages but the active one and those in `kept`. What can't go now goes another time. */
export async function pruneStages(
  api: Icinga2Api,
  log: Log,
  packageName: string,
  kept: readonly string[],
): Promise<void> {
  try {
    const { active, stages } = (await api.stagesOf(packageName)) ?? { active: "", stages: [] };
    for (const stage of stages) {
      if (stage !== active && !kept.includes(stage)) await api.deleteStage(packageName, stage);
    }
  } catch (error) {
    log.debug(errorFields(explain(error, "Deleting old stages")), "Old stages stay for now");
  }
}
