// What is measured, and what it is measured against. One round runs each of these once, in this
// order, on a fresh installation.

import { fileURLToPath } from "node:url";
import { makeInstallation } from "./installation.ts";
import { measure, type Program, type Run } from "./measure.ts";
import type { SiteProcess } from "./site-process.ts";

export const steps = [
  "floor-states",
  "dump",
  "dump-objects",
  "floor-all",
  "send-keyframe",
  "send-heartbeat",
  "send-delta",
  "receive-keyframe",
  "receive-delta",
  "receive-all",
] as const;
export type Step = (typeof steps)[number];

interface Target {
  readonly wallMs: number;
  readonly peakMebibytes: number;
}

interface Description {
  readonly title: string;
  /** The step that reads the same answers and does nothing with them. */
  readonly floor: Step | null;
  target?(floor: Run): Target;
}

const siteferryFile = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const floorFile = fileURLToPath(new URL("floor.ts", import.meta.url));

const agentTarget: Target = { wallMs: 1_500, peakMebibytes: 300 };

export const descriptions: Readonly<Record<Step, Description>> = {
  "floor-states": { title: "floor of `dump`: the same answers, thrown away", floor: null },
  dump: {
    title: "`dump` of the states to a file",
    floor: "floor-states",
    target: (floor) => ({ wallMs: Math.max(5 * floor.wallMs, 700), peakMebibytes: 200 }),
  },
  "dump-objects": { title: "`dump -C` of the configuration to a file", floor: null },
  "floor-all": { title: "floor of `send`: the same answers, thrown away", floor: null },
  "send-keyframe": {
    title: "`send --once`, all columns: configuration and keyframe",
    floor: "floor-all",
    target: () => agentTarget,
  },
  "send-heartbeat": {
    title: "`send --once`, nothing has changed: heartbeat",
    floor: "floor-all",
    target: () => agentTarget,
  },
  "send-delta": {
    title: "`send --once`, 20 % of the checks have run: delta",
    floor: "floor-all",
    target: () => agentTarget,
  },
  "receive-keyframe": {
    title: "`receive --once`: keyframe, all states as check results",
    floor: null,
    target: () => agentTarget,
  },
  "receive-delta": {
    title: "`receive --once`: delta, 20 % of the states as check results",
    floor: null,
    target: () => ({ ...agentTarget, wallMs: 1_000 }),
  },
  "receive-all": {
    title: "`receive --once`: configuration to objects, and all states",
    floor: null,
  },
};

/** What the rounds share. */
export interface Bench {
  readonly site: SiteProcess;
  readonly socketPath: string;
  /** Files with the queries of `dump` and of `send`. */
  readonly dumpQueries: string;
  readonly sendQueries: string;
  readonly signal: AbortSignal;
}

/** What the two dumps of a round are called in its directory. */
export const dumpName = "dump";
export const dumpObjectsName = "dump-objects";

export type Round = Readonly<Record<Step, Run>>;

/** In `directory`, which is empty; `onStep` is called after each step. */
export async function runRound(
  directory: string,
  bench: Bench,
  onStep: (step: Step) => Promise<void> = async () => {},
): Promise<Round> {
  const { site, socketPath } = bench;
  const installation = await makeInstallation(directory, socketPath);
  const { senderFile, statesFile, allFile } = installation;
  const dump = siteferry("dump", "-s", `unix:${socketPath}`);
  const programs: Readonly<Record<Step, Program>> = {
    "floor-states": throwAway(socketPath, bench.dumpQueries),
    dump: { ...dump, output: `${directory}/${dumpName}` },
    "dump-objects": {
      arguments: [...dump.arguments, "-C"],
      output: `${directory}/${dumpObjectsName}`,
    },
    "floor-all": throwAway(socketPath, bench.sendQueries),
    "send-keyframe": siteferry("send", "--once", "--config", senderFile),
    "send-heartbeat": siteferry("send", "--once", "--config", senderFile),
    "send-delta": siteferry("send", "--once", "--config", senderFile),
    "receive-keyframe": siteferry("receive", "--once", "--config", statesFile),
    "receive-delta": siteferry("receive", "--once", "--config", statesFile),
    "receive-all": siteferry("receive", "--once", "--config", allFile),
  };
  /** What has to happen before a step. */
  const before: Readonly<Partial<Record<Step, () => Promise<void>>>> = {
    "send-heartbeat": installation.passKeyframe,
    "send-delta": async () => {
      await installation.takeHeartbeat();
      await site.tick();
    },
    "receive-delta": installation.passDelta,
  };
  const runs: Partial<Record<Step, Run>> = {};
  for (const step of steps) {
    await before[step]?.();
    runs[step] = await measure(programs[step], directory, bench.signal);
    await onStep(step);
  }
  return runs as Record<Step, Run>;
}

function siteferry(...command: readonly string[]): Program {
  return { arguments: [siteferryFile, ...command] };
}

function throwAway(socketPath: string, queriesFile: string): Program {
  return { arguments: [floorFile, socketPath, queriesFile] };
}
