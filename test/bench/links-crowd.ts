// 200 sites that all send in the same second: what the centre refuses, what gets lost, how long it takes
// until the last one is through, and how much memory that costs there.

import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { constants, getPriority, setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { checkReceipt } from "@siteferry/bundle";
import { Busy, type SendingTransport } from "@siteferry/carry/contract";
import { explain } from "@siteferry/model";
import { afterFailure, linkOf } from "@siteferry/sender/links";
import { type FleetSite, makeFleetSite, type Parcel } from "./fleet-sites.ts";
import { type Centre, openCentre } from "./links-centre.ts";
import { problemOf } from "./links-track.ts";
import { type Way, ways } from "./links-ways.ts";
import { type MemoryPeak, peakOf, watchMemory } from "./memory.ts";

export const crowdSites = 200;
/** After this nobody tries again. */
const patienceMs = 300_000;
const settleMsMax = 120_000;

export interface Crowd {
  readonly title: string;
  /** Null: it couldn't be measured. */
  readonly outcome: CrowdOutcome | null;
}

export interface CrowdOutcome {
  /** Bundles that the receiver has durably in the end. */
  readonly durable: number;
  /** Bundles that it has opened and kept. */
  readonly kept: number;
  /** Bundles that were said to be durable and are nowhere. */
  readonly lost: number;
  /** Attempts that failed, by their codes. */
  readonly failures: ReadonlyMap<string, number>;
  /** Until half of the sites were through, and the last one that got through. */
  readonly halfMs: number;
  readonly lastMs: number;
  /** Of the daemon alone. */
  readonly daemonPeakBytes: number;
  /** Of all processes at the centre. */
  readonly peak: MemoryPeak;
}

/** In `root`, which is empty. */
export async function runCrowds(root: string, signal: AbortSignal): Promise<readonly Crowd[]> {
  const fleet: FleetSite[] = [];
  for (let number = 1; number <= crowdSites; number++) {
    signal.throwIfAborted();
    fleet.push(await makeFleetSite(root, number, 0));
  }
  const crowds: Crowd[] = [];
  for (const [index, way] of ways.entries()) {
    if (!way.forCrowds) continue;
    await mkdir(`${root}/${index}`);
    const outcome = await runCrowd(`${root}/${index}`, way, fleet, signal).catch((error: unknown) =>
      problemOf(way.title, error, signal),
    );
    crowds.push({ title: way.title, outcome });
  }
  return crowds;
}

async function runCrowd(
  root: string,
  way: Way,
  fleet: readonly FleetSite[],
  signal: AbortSignal,
): Promise<CrowdOutcome> {
  const signers = new Map(fleet.map(({ site, signerLine }) => [site, signerLine]));
  await using centre = await openCentre(root, way, signers);
  await using open = new AsyncDisposableStack();
  const senders: { readonly transport: SendingTransport; readonly parcel: Parcel }[] = [];
  for (const { site, keyframe } of fleet) {
    const transport = await way.open(centre, site);
    open.defer(async () => await transport.close());
    senders.push({ transport, parcel: keyframe });
  }
  // Nobody waits for what is under way when the benchmark is stopped.
  signal.addEventListener("abort", () => void open.disposeAsync(), { once: true });
  const failures = new Map<string, number>();
  await using memory = watchMemory(centre.processes);
  open.use(goAhead());
  const begun = performance.now();
  const done = await Promise.all(
    senders.map(async ({ transport, parcel }) => {
      const isThrough = await push(transport, parcel, centre.trust, signal, (code) =>
        failures.set(code, (failures.get(code) ?? 0) + 1),
      );
      return isThrough ? { name: parcel.name, ms: performance.now() - begun } : null;
    }),
  );
  const through = done.filter((one) => one !== null);
  const names = through.map(({ name }) => name);
  // The connections stay open, as those of daemons do.
  await centre.settle(names, settleMsMax, signal);
  const all = fleet.map(({ keyframe }) => keyframe.name);
  const times = through.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    ...(await centre.find(all)),
    lost: names.length - (await centre.find(names)).durable,
    failures,
    halfMs: times[Math.floor(times.length / 2)] ?? 0,
    lastMs: times.at(-1) ?? 0,
    daemonPeakBytes: await peakOf(centre.daemon),
    peak: await memory.stop(),
  };
}

/**
 * The sites run in this process, but elsewhere in the world: the centre mustn't take the processor from
 * them. What this process starts meanwhile would go ahead, too.
 */
function goAhead(): Disposable {
  const set = (priority: number): void => {
    for (const thread of readdirSync("/proc/self/task")) {
      try {
        setPriority(Number(thread), priority);
      } catch {
        // Only root may. Or the thread has ended.
      }
    }
  };
  const before = getPriority();
  set(constants.priority.PRIORITY_HIGHEST);
  return { [Symbol.dispose]: () => set(before) };
}

/** Repeats as the sender does. Returns false if that lasts too long. */
async function push(
  transport: SendingTransport,
  parcel: Parcel,
  trust: Centre["trust"],
  signal: AbortSignal,
  failed: (code: string) => void,
): Promise<boolean> {
  const deadlineMs = Date.now() + patienceMs;
  let link = linkOf({}, transport.name);
  for (;;) {
    try {
      const receipt = await transport.send(parcel);
      if (transport.traits.acknowledges) {
        const now = { ...trust, nowMs: Date.now() };
        checkReceipt(receipt ?? new Uint8Array(), parcel.content, now);
      }
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const failure = explain(error, "Sending");
      failed(failure.code);
      if (failure.kind !== "transient") return false;
      const askedForMs = failure instanceof Busy ? failure.retryAfterMs : null;
      const now = { nowMs: Date.now(), fraction: Math.random(), askedForMs };
      link = afterFailure(link, "bulk", failure, now);
    }
    const { untilMs } = link.pauses.bulk;
    if (untilMs > deadlineMs) return false;
    await pause(Math.max(0, untilMs - Date.now()), undefined, { signal });
  }
}
