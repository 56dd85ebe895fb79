// pnpm bench: how long siteferry takes for 1,000 hosts with 100 services each, how much memory, and
// how many bytes travel; what the links do, and an activation. Prints tables; `--write` puts them into
// docs/benchmarks.md. Timing never makes it fail: other machines and busy ones are slower, which is why
// floors are measured beside. `--only links` and `--only activation` leave out all but these.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runActivation } from "./activation.ts";
import { activationTable } from "./activation-table.ts";
import { median } from "./measure.ts";
import { type Bench, type Round, runRound, type Step, steps } from "./scenario.ts";
import { type FleetRun, runFleet } from "./fleet.ts";
import { runLinks } from "./links.ts";
import { startSite } from "./site-process.ts";
import { measureSizes } from "./sizes.ts";
import { fleetTable, sizeTable, timeTable } from "./table.ts";

const hosts = 1_000;
const servicesPerHost = 100;
const documentFile = new URL("../../docs/benchmarks.md", import.meta.url);

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!(rounds >= 1)) throw new Error("--rounds takes a number from 1");
const parts = ["agents", "activation", "links"] as const;
const only = parts.find((part) => part === values.only);
if (values.only !== undefined && only === undefined) {
  throw new Error(`--only takes one of: ${parts.join(", ")}`);
}
if (only !== undefined && values.write)
  throw new Error("--write takes all tables, not --only some");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
const directory = await mkdtemp(join(tmpdir(), "siteferry-bench-"));
const roundDirectory = `${directory}/round`;
try {
  const links = { emptyDirectory, rounds, signal: stop.signal, say };
  const tables: string[] = [];
  if (isWanted("agents")) tables.push(...(await runAgents()));
  if (isWanted("activation")) {
    say("Objects of 20 sites into Nagios …");
    tables.push(activationTable(await runActivation(rounds, stop.signal)));
  }
  if (isWanted("links")) tables.push(...(await runLinks(links)));
  const report = [machine(), ...tables].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (values.write) await writeReport(report);
} catch (error) {
  if (!stop.signal.aborted) throw error;
  say("Stopped.");
  process.exitCode = 130;
} finally {
  await rm(directory, { recursive: true, force: true });
}

function isWanted(part: (typeof parts)[number]): boolean {
  return only === undefined || only === part;
}

async function runAgents(): Promise<readonly string[]> {
  const socketPath = `${directory}/live`;
  say(`Making a site of ${hosts} hosts with ${servicesPerHost} services each …`);
  await using site = await startSite(socketPath, hosts, servicesPerHost, stop.signal);
  const bench: Bench = {
    site,
    socketPath,
    dumpQueries: `${directory}/dump-queries`,
    sendQueries: `${directory}/send-queries`,
    signal: stop.signal,
  };
  say("A first round, not counted: it fills the server's memory and Node's compile cache …");
  await warmUp(bench);
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`Round ${round} of ${rounds} …`);
    results.push(await runRound(await emptyDirectory(), bench));
  }
  const sizes = await measureSizes(roundDirectory);
  say("200 sites that send each minute …");
  const fleet: FleetRun = await runFleet(await emptyDirectory(), stop.signal);
  const medians = Object.fromEntries(
    steps.map((step) => [step, median(results.map((round) => round[step]))]),
  ) as unknown as Round;
  return [timeTable(medians), sizeTable(sizes), fleetTable(fleet)];
}

/** The floors send what `dump` and `send` ask for: known when these have run. */
async function warmUp(bench: Bench): Promise<void> {
  const files: Partial<Record<Step, string>> = {
    dump: bench.dumpQueries,
    "send-keyframe": bench.sendQueries,
  };
  for (const file of Object.values(files)) await writeFile(file, "[]");
  await runRound(await emptyDirectory(), bench, async (step) => {
    const queries = await bench.site.asked();
    const file = files[step];
    if (file !== undefined) await writeFile(file, JSON.stringify(queries));
  });
}

async function emptyDirectory(): Promise<string> {
  await rm(roundDirectory, { recursive: true, force: true });
  await mkdir(roundDirectory);
  return roundDirectory;
}

function machine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  return [
    `${new Date().toISOString().slice(0, 10)}, \`pnpm bench\`: medians of ${rounds} runs.`,
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memory} GiB of memory,`,
    `Node ${process.version}.`,
  ].join("\n");
}

async function writeReport(report: string): Promise<void> {
  const text = await readFile(documentFile, "utf8");
  const part = /(?<=<!-- begin of what pnpm bench writes -->\n)[^]*(?=<!-- end -->)/;
  if (!part.test(text)) throw new Error("docs/benchmarks.md has lost the marks around its tables");
  await writeFile(
    documentFile,
    text.replace(part, () => `\n${report}\n\n`),
  );
  say("docs/benchmarks.md is written anew.");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
