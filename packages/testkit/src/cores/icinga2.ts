// A real Icinga 2 for tests, with its livestatus on a unix socket and on TCP. Checks run when the test
// asks for them, so what the core knows is known to the test.

import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";

import { freePort } from "../free-port.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { startCore } from "./core-process.ts";
import { answerFile, icinga2Frame } from "./icinga2-config.ts";

export interface Icinga2Options {
  /** Hosts, services and whatever else in Icinga 2's language; see icinga2-config.ts. */
  readonly objects: string;
  /** Called with the core's directory before it starts; what it returns belongs to the configuration too. */
  readonly prepare?: (directory: string) => Promise<string>;
}

/** One run of a check whose plugin prints `output`, byte for byte, after `seconds`. */
export interface Icinga2Check {
  readonly host: string;
  readonly service?: string;
  /** The plugin's exit code. Of a host, Icinga 2 takes 0 and 1 as UP, the others as DOWN. */
  readonly state: number;
  readonly output: string | Uint8Array;
  readonly seconds?: number;
}

export interface Icinga2 extends AsyncDisposable {
  /** Its main process, and the session of all of them. */
  readonly pid: number;
  readonly directory: string;
  readonly socketPath: string;
  /** Livestatus again, on 127.0.0.1. */
  readonly port: number;
  /** The raw answer to a livestatus request; an empty line is put behind it. */
  query(request: string): Promise<Buffer<ArrayBuffer>>;
  /** Hands in external commands, such as `PROCESS_SERVICE_CHECK_RESULT;h;s;2;text`; fails if refused. */
  command(...lines: readonly string[]): Promise<void>;
  /** Runs these checks now, at most one an object, and returns when the core shows their results. */
  run(checks: readonly Icinga2Check[]): Promise<void>;
  /** Ends it as its operator would and starts it again, having forgotten all that it knew if so told. */
  restart(state?: "kept" | "lost"): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `icinga2 daemon`; it answers when this returns. Many may run at once. */
export async function startIcinga2({ objects, prepare }: Icinga2Options): Promise<Icinga2> {
  const temporary = await makeTemporaryDirectory("icinga2");
  const directory = temporary.path;
  const socketPath = join(directory, "live");
  const answerDirectory = join(directory, "answers");
  const port = await freePort();
  const configuration = join(directory, "icinga2.conf");
  const [paths] = await Promise.all([ownPaths(directory), mkdir(answerDirectory)]);
  const frame = icinga2Frame({ answerDirectory, socketPath, port });
  await writeFile(configuration, frame + objects + ((await prepare?.(directory)) ?? ""));
  const start = () =>
    startCore({
      program: "icinga2",
      arguments: ["daemon", "-c", configuration, ...paths],
      // Instead of Debian's own user, who can't write into this directory.
      environment: { ICINGA2_USER: userInfo().username, ICINGA2_GROUP: userInfo().username },
      outputFile: join(directory, "output.log"),
    });
  let core = await start();
  const stop = async () => {
    await core.stop();
    await temporary.remove();
  };
  const query = (request: string) => ask(socketPath, `${request}\n\n`);
  const command = (line: string) => handIn(query, line);
  try {
    await core.waitFor("an answer of livestatus", () => accepting(query, port));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get pid() {
      return core.pid;
    },
    directory,
    socketPath,
    port,
    query,
    async command(...lines) {
      for (const line of lines) await command(line);
    },
    async run(checks) {
      const before = await readRuns(query);
      for (const check of checks) await runCheck(answerDirectory, command, check);
      await core.waitFor(`results of ${checks.length} checks`, async () => {
        const now = await readRuns(query);
        const done = checks.every((check) => now.get(keyOf(check)) !== before.get(keyOf(check)));
        return done ? true : null;
      });
    },
    async restart(state = "kept") {
      await core.end();
      if (state === "lost") await loseState(directory);
      core = await start();
      await core.waitFor("an answer of livestatus", () => accepting(query, port));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function runCheck(
  answerDirectory: string,
  command: (line: string) => Promise<void>,
  check: Icinga2Check,
): Promise<void> {
  const path = join(answerDirectory, answerFile(check.host, check.service));
  await writeFile(path, answerOf(check));
  await command(forcedCheck(check));
}

async function handIn(query: Icinga2["query"], line: string): Promise<void> {
  const at = Math.floor(Date.now() / 1000);
  const answer = String(await query(`COMMAND [${at}] ${line}\nResponseHeader: fixed16`));
  if (!answer.startsWith("200 ")) throw new Error(`${line}: ${answer}`);
}

async function ownPaths(directory: string): Promise<string[]> {
  const names = ["DataDir", "LogDir", "CacheDir", "InitRunDir", "SpoolDir"];
  await Promise.all(names.map((name) => mkdir(join(directory, name))));
  // As Debian's package has it: without it, the table log can't be asked for.
  await mkdir(join(directory, "LogDir", "compat", "archives"), { recursive: true });
  return names.map((name) => `-D${name}=${join(directory, name)}`);
}

/** What its objects were like, and those that came by commands: comments and downtimes. */
async function loseState(directory: string): Promise<void> {
  const data = join(directory, "DataDir");
  for (const name of ["icinga2.state", "api/packages/_api"]) {
    await rm(join(data, name), { recursive: true, force: true });
  }
}

async function accepting(query: Icinga2["query"], port: number): Promise<true | null> {
  try {
    const answer = await query("GET status\nColumns: program_start");
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
    return answer.length > 0 ? true : null;
  } catch {
    return null;
  }
}

async function ask(socketPath: string, request: string): Promise<Buffer<ArrayBuffer>> {
  const socket = connect(socketPath);
  socket.end(request);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answerOf({ state, output, seconds = 0 }: Icinga2Check): Buffer {
  return Buffer.concat([Buffer.from(`${state}\n${seconds}\n`), Buffer.from(output)]);
}

function forcedCheck({ host, service }: Icinga2Check): string {
  const now = Math.floor(Date.now() / 1000);
  return service === undefined
    ? `SCHEDULE_FORCED_HOST_CHECK;${host};${now}`
    : `SCHEDULE_FORCED_SVC_CHECK;${host};${service};${now}`;
}

function keyOf({ host, service = "" }: { host: string; service?: string }): string {
  return `${host}\u0001${service}`;
}

// Livestatus shows whole seconds only; the microseconds of a run's duration tell two runs apart.
async function readRuns(query: Icinga2["query"]): Promise<Map<string, string>> {
  const run = "last_check execution_time latency\nSeparators: 10 1 2 3";
  const hosts = await query(`GET hosts\nColumns: name ${run}`);
  const services = await query(`GET services\nColumns: host_name description ${run}`);
  const lines = [...rowsOf(hosts, 1), ...rowsOf(services, 2)];
  return new Map(lines);
}

function rowsOf(answer: Buffer, keyLength: 1 | 2): [string, string][] {
  const lines = answer
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const cells = line.split("\u0001");
    const [host = "", service] = cells.slice(0, keyLength);
    return [
      keyOf(service === undefined ? { host } : { host, service }),
      cells.slice(keyLength).join(),
    ];
  });
}
