// siteferry demo: both agents, an embedded site, and a stand-in for the central core; the agents are
// the real ones, with real configuration files.

import { setTimeout as pause } from "node:timers/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { exitCodes, FerryError, type Log } from "@siteferry/model";
import { receiveOnce } from "@siteferry/receiver";
import { sendOnce } from "@siteferry/sender";
import { type FakeSite, makeFakeSite } from "@siteferry/testkit";
import { type CentralCore, startCentralCore } from "../demo/central-core.ts";
import { activity, type Cycle, cycleLine, introduction, summary } from "../demo/display.ts";
import { type DemoSetUp, setUpDemo } from "../demo/set-up.ts";

export interface DemoOptions {
  readonly keep: boolean;
  readonly cycles: number;
}

const hosts = 20;
const servicesPerHost = 15;
/** Check times are whole seconds: within one second nothing would have a newer time. */
const betweenCyclesMs = 1_200;

export async function runDemo({ keep, cycles: wanted }: DemoOptions): Promise<number> {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new FerryError("usage-wrong", "--cycles takes a whole number from 1");
  }
  const setUp = await setUpDemo();
  const site = makeFakeSite({ hosts, servicesPerHost, seed: 1, clock: { now: () => Date.now() } });
  const server = await serve(parseAddress(`unix:${setUp.socket}`), site.source, {
    flavour: "naemon",
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const cycles: Cycle[] = [];
  try {
    const core = await startCentralCore(setUp.checkResults, setUp.readResults);
    process.stdout.write(introduction(setUp, hosts, servicesPerHost));
    while (!stop.signal.aborted && (keep || cycles.length < wanted)) {
      const cycle = await runCycle(setUp, site, core, cycles.length + 1);
      cycles.push(cycle);
      activity("");
      process.stdout.write(`${cycleLine(cycle)}\n`);
      if (keep || cycles.length < wanted) await pauseUnless(stop.signal);
    }
    process.stdout.write(summary(setUp, cycles, core.example()));
  } finally {
    await server.close();
  }
  return cycles.every(isWell) ? 0 : exitCodes.transient;
}

async function runCycle(
  { sender, receiver }: DemoSetUp,
  site: FakeSite,
  core: CentralCore,
  number: number,
): Promise<Cycle> {
  const { checks } = site.tick();
  activity("  collecting, sealing, shipping …");
  const sent = await sendOnce(sender, silent);
  activity("  verifying, ordering, applying …");
  const received = await receiveOnce(receiver, silent);
  await core.reap();
  return { number, checks, sent, received, services: core.services() };
}

async function pauseUnless(signal: AbortSignal): Promise<void> {
  activity("  checks run at the site …");
  await pause(betweenCyclesMs, undefined, { signal }).catch(() => {});
}

function isWell({ sent, received }: Cycle): boolean {
  return sent.waiting + received.failed + received.refused === 0;
}

const quiet = (): void => {};
const silent: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
