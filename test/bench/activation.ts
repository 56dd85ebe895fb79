// 50,000 services of 20 sites into a real Nagios 4: what a run takes that renders, checks and activates
// their objects, and how much of it is the core's own.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { missingComponents } from "@siteferry/testkit/cores";
import { approvedSite, Centre } from "../activation/centre.ts";
import { type CoreTimes, timeCore } from "./core-times.ts";
import { measure, type Run } from "./measure.ts";

const sites = Array.from({ length: 20 }, (_, index) => `site${index + 1}`);
const hosts = Array.from({ length: 100 }, (_, index) => `host${index + 1}`);
const servicesPerHost = 25;
const objectsPerHost = servicesPerHost + 1;

const siteferryFile = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const coreReadsEveryMs = 500;
const coreReadsMsMax = 120_000;

export const activationSteps = ["first", "changed", "unchanged"] as const;
export type ActivationStep = (typeof activationSteps)[number];

export interface ActivationRun extends Run, CoreTimes {
  /** All but the core's own time. */
  readonly ownMs: number;
}

export type ActivationRound = Readonly<Record<ActivationStep, ActivationRun>>;

/** Null: Nagios isn't installed. */
export async function runActivation(
  rounds: number,
  signal: AbortSignal,
): Promise<readonly ActivationRound[] | null> {
  if (missingComponents().some(({ name }) => name === "nagios")) return null;
  const results: ActivationRound[] = [];
  while (results.length < rounds) results.push(await runRound(signal));
  return results;
}

async function runRound(signal: AbortSignal): Promise<ActivationRound> {
  const settings = Object.fromEntries(sites.map((site) => [site, approvedSite(`${site}-`)]));
  await using centre = await Centre.open({ sites: settings });
  const directory = centre.installation.path;
  const core = await timeCore(centre.nagios, directory, signal);
  const activate = `reloadEvery: 1ms, timeout: 5m, ${core.settings}`;
  await centre.configure({ sites: settings, activate });
  const receive = async (activations: number, results: number): Promise<ActivationRun> => {
    const parameters = [siteferryFile, ...centre.parameters];
    const program = { arguments: parameters };
    const [run, times] = await core.during(() => measure(program, directory, signal));
    const report = await readReport(directory);
    const expected = { activations, results, failed: 0 };
    assert.deepEqual({ ...report, ...expected }, report, "the run did something else");
    const ownMs = run.wallMs - (times.checkMs ?? 0) - (times.reloadMs ?? 0);
    return { ...run, ...times, ownMs };
  };
  /** The core reads all results, and a run sees that it has. */
  const settle = async (): Promise<void> => {
    await untilRead(centre.nagios.checkResultsDirectory, signal);
    await receive(0, 0);
  };

  for (const site of sites) await say(centre, site, hosts);
  const first = await receive(1, sites.length * hosts.length * objectsPerHost);
  await settle();
  await say(centre, sites[0]!, [...hosts, "new"]);
  const changed = await receive(1, (hosts.length + 1) * objectsPerHost);
  await settle();
  const unchanged = await receive(0, 0);
  assert.deepEqual([unchanged.checkMs, unchanged.reloadMs], [null, null], "nothing had changed");
  return { first, changed, unchanged };
}

/** Each service has a group, an interval and a state. */
async function say(centre: Centre, site: string, names: readonly string[]): Promise<void> {
  const last_check = Math.floor(Date.now() / 1000) - 1;
  const services = names.flatMap((host_name) =>
    Array.from({ length: servicesPerHost }, (_, index) => ({
      host_name,
      description: `Service ${index + 1}`,
    })),
  );
  const checked = { check_interval: 1, active_checks_enabled: 1, groups: ["all"] };
  await centre.say(site, names, {
    services: services.map((service) => ({ ...service, ...checked })),
    service_states: services.map((service) => ({
      ...service,
      last_check,
      plugin_output: `OK - ${service.description} of ${site}`,
    })),
  });
}

/** What the run that was measured last says at its end. */
async function readReport(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const lines = (await readFile(`${directory}/stderr`, "utf8")).trimEnd().split("\n");
  return JSON.parse(lines.at(-1) ?? "") as Record<string, unknown>;
}

async function untilRead(directory: string, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  while ((await readdir(directory)).length > 0) {
    if (performance.now() - begun > coreReadsMsMax) throw new Error("Nagios doesn't read results");
    await pause(coreReadsEveryMs, undefined, { signal });
  }
}
