// 200 sites with 500 services each that all send every minute: the processor time that the
// receiver's daemon takes for the bundles of one minute.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import {
  changesPerSite,
  type FleetSite,
  makeFleetSite,
  objectsPerSite,
  type Parcel,
} from "./fleet-sites.ts";
import { peakOf } from "./memory.ts";

const sites = 200;
/** Between two arrivals: all at once as cron jobs make them, then as daemons that began anywhere. */
const spacingsMs: readonly number[] = [0, 0, 250];
const siteferryFile = fileURLToPath(import.meta.resolve("@siteferry/cli"));
/** How often the pretended core reads its spool. */
const coreReadsEveryMs = 3_000;
const deadlineMs = 600_000;

interface FleetMinute {
  readonly spacingMs: number;
  readonly cpuMs: number;
  /** From the first arrival until the core has read the last result. */
  readonly wallMs: number;
}

export interface FleetRun {
  readonly minutes: readonly FleetMinute[];
  readonly peakBytes: number;
}

/** In `root`, which is empty. */
export async function runFleet(root: string, signal: AbortSignal): Promise<FleetRun> {
  for (const name of ["making", "link", "results", "objects"]) await mkdir(`${root}/${name}`);
  const fleet: FleetSite[] = [];
  for (let number = 1; number <= sites; number++) {
    signal.throwIfAborted();
    fleet.push(await makeFleetSite(`${root}/making`, number, spacingsMs.length));
  }
  const receiverFile = await configure(root, fleet);
  const errors = await open(`${root}/stderr`, "w");
  const child = spawn(process.execPath, [siteferryFile, "receive", "--config", receiverFile], {
    stdio: ["ignore", "ignore", errors.fd],
  });
  try {
    const link = new Centre(root, child, signal);
    const first = fleet.flatMap(({ config, keyframe }) => [config, keyframe]);
    await link.take(first, 0, sites * objectsPerSite);
    const minutes: FleetMinute[] = [];
    for (const [minute, spacingMs] of spacingsMs.entries()) {
      const deltas = fleet.map(({ deltas: all }) => all[minute]!);
      minutes.push(await link.take(deltas, spacingMs, sites * changesPerSite));
    }
    return { minutes, peakBytes: await peakOf(child.pid!) };
  } finally {
    if (child.exitCode === null && child.kill()) await once(child, "exit");
    await errors.close();
  }
}

/** The link, the daemon behind it, and a core that reads what the daemon writes. */
class Centre {
  readonly #root: string;
  readonly #daemon: ChildProcess;
  readonly #signal: AbortSignal;

  constructor(root: string, daemon: ChildProcess, signal: AbortSignal) {
    this.#root = root;
    this.#daemon = daemon;
    this.#signal = signal;
  }

  /** Returns when the core has read `results`, and the daemon rests. */
  async take(parcels: readonly Parcel[], spacingMs: number, results: number): Promise<FleetMinute> {
    const begun = performance.now();
    const before = await cpuOf(this.#daemon);
    const delivered = this.#deliver(parcels, spacingMs);
    delivered.catch(() => {});
    for (let read = 0; read < results; read += await this.#coreReads()) {
      await pause(coreReadsEveryMs, undefined, { signal: this.#signal });
      if (this.#daemon.exitCode !== null) throw new Error("the receiver has ended by itself");
      if (performance.now() - begun > deadlineMs) throw new Error(`only ${read} results came`);
    }
    await delivered;
    const wallMs = performance.now() - begun;
    return { spacingMs, cpuMs: (await this.#restingCpu()) - before, wallMs };
  }

  async #deliver(parcels: readonly Parcel[], spacingMs: number): Promise<void> {
    for (const { name, content } of parcels) {
      const made = `${this.#root}/making/${name}`;
      await writeFile(made, content);
      await rename(made, `${this.#root}/link/${name}`);
      if (spacingMs > 0) await pause(spacingMs, undefined, { signal: this.#signal });
    }
  }

  /** How many results it has read. */
  async #coreReads(): Promise<number> {
    const directory = `${this.#root}/results`;
    let results = 0;
    for (const marker of await readdir(directory)) {
      if (!marker.endsWith(".ok")) continue;
      const file = `${directory}/${marker.slice(0, -".ok".length)}`;
      results += (await readFile(file, "utf8")).split("\nhost_name=").length - 1;
      await unlink(`${file}.ok`);
      await unlink(file);
    }
    return results;
  }

  async #restingCpu(): Promise<number> {
    for (let before = -1; ;) {
      const now = await cpuOf(this.#daemon);
      if (now === before) return now;
      before = now;
      await pause(1_000, undefined, { signal: this.#signal });
    }
  }
}

async function configure(root: string, fleet: readonly FleetSite[]): Promise<string> {
  const signers = fleet.map(({ signerLine }) => `${signerLine}\n`);
  await writeFile(`${root}/allowed_signers`, signers.join(""));
  const yaml = `centre: central
allowedSigners: ${root}/allowed_signers
spool: ${root}/spool
sites:
${fleet.map(({ site }) => `  ${site}: { prefix: ${site}-, objects: { autoApprove: true } }`).join("\n")}
transports:
  - drop: { dir: ${root}/link }
targets:
  - objects: { dir: ${root}/objects, core: nagios }
  - checkresults: { dir: ${root}/results, core: nagios }
`;
  await writeFile(`${root}/receiver.yaml`, yaml);
  return `${root}/receiver.yaml`;
}

/** User and system time of all threads, as proc_pid_stat(5) has them, in ticks of 10 ms. */
async function cpuOf({ pid }: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const [user, system] = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
