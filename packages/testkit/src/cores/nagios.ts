// A real Nagios 4 for tests, standing at the centre: it reads check results and objects, and its
// status file tells what it made of them.

import { execFile } from "node:child_process";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";

import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { searchPath, startCore } from "./core-process.ts";
import { parseNagiosStatus, type NagiosStatus } from "./nagios-status.ts";

export interface NagiosOptions {
  readonly objectFiles?: readonly string[];
  readonly objectDirectories?: readonly string[];
  /** Further lines of nagios.cfg; they win over the ones that stand there. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface Nagios extends AsyncDisposable {
  /** Its main process, and the session of all of them. */
  readonly pid: number;
  readonly directory: string;
  readonly configurationFile: string;
  readonly checkResultsDirectory: string;
  readonly commandFile: string;
  readonly querySocket: string;
  readonly statusFile: string;
  readonly objectCacheFile: string;
  readonly logFile: string;
  status(): Promise<NagiosStatus>;
  /** The first status that fulfils `predicate`; it is written anew each second. */
  waitUntil(what: string, predicate: (status: NagiosStatus) => boolean): Promise<NagiosStatus>;
  /** Reads the objects anew and returns when the core works with them; states are kept. */
  reload(): Promise<void>;
  /** Ends it as its operator would and starts it again, having forgotten all that it knew if so told. */
  restart(retention?: "kept" | "lost"): Promise<void>;
  stop(): Promise<void>;
}

const program = "nagios4";

/** Starts `nagios4`; its status file is there when this returns. */
export async function startNagios(options: NagiosOptions = {}): Promise<Nagios> {
  const temporary = await makeTemporaryDirectory("nagios");
  const directory = temporary.path;
  const paths = await writeConfiguration(directory, options);
  const start = () =>
    startCore({
      program,
      arguments: [paths.configurationFile],
      outputFile: join(directory, "output.log"),
      logFile: paths.logFile,
    });
  let core = await start();
  const stop = async () => {
    await core.stop();
    await temporary.remove();
  };
  const status = async () => parseNagiosStatus(await readFile(paths.statusFile, "utf8"));
  const ready = (after: bigint) => () => statusAfterCache(paths, after);
  try {
    await core.waitFor("a status file", ready(0n));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get pid() {
      return core.pid;
    },
    directory,
    ...paths,
    status,
    waitUntil(what, predicate) {
      let seenNs = 0n;
      return core.waitFor(what, async () => {
        const writtenNs = await modifiedNs(paths.statusFile);
        // Zero: the old file is removed while the core reloads.
        if (writtenNs === 0n || writtenNs === seenNs) return null;
        seenNs = writtenNs;
        const now = await status().catch(() => null);
        return now !== null && predicate(now) ? now : null;
      });
    },
    async reload() {
      const before = await modifiedNs(paths.objectCacheFile);
      core.signal("SIGHUP");
      await core.waitFor("a status after the reload", ready(before));
    },
    async restart(retention = "kept") {
      const before = await modifiedNs(paths.objectCacheFile);
      await core.end();
      if (retention === "lost") await rm(retentionFile(directory), { force: true });
      core = await start();
      await core.waitFor("a status after the restart", ready(before));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** `nagios4 -v`: whether the core would start with these objects, and what it says about them. */
export async function verifyWithNagios(
  options: NagiosOptions,
): Promise<{ readonly accepted: boolean; readonly output: string }> {
  await using directory = await makeTemporaryDirectory("nagios");
  const { configurationFile } = await writeConfiguration(directory.path, options);
  return await new Promise((resolve) => {
    execFile(program, ["-v", configurationFile], { env: { PATH: searchPath } }, (error, output) => {
      resolve({ accepted: error === null, output });
    });
  });
}

type NagiosPaths = Pick<
  Nagios,
  | "configurationFile"
  | "checkResultsDirectory"
  | "commandFile"
  | "querySocket"
  | "statusFile"
  | "objectCacheFile"
  | "logFile"
>;

async function writeConfiguration(
  directory: string,
  { objectFiles = [], objectDirectories = [], settings = {} }: NagiosOptions,
): Promise<NagiosPaths> {
  const paths = {
    configurationFile: join(directory, "nagios.cfg"),
    checkResultsDirectory: join(directory, "checkresults"),
    commandFile: join(directory, "nagios.cmd"),
    querySocket: join(directory, "nagios.qh"),
    statusFile: join(directory, "status.dat"),
    objectCacheFile: join(directory, "objects.cache"),
    logFile: join(directory, "nagios.log"),
  };
  const leastObjectsFile = join(directory, "least.cfg");
  const all = { ...frame(directory, paths), ...settings };
  const lines = [
    ...[leastObjectsFile, ...objectFiles].map((path) => `cfg_file=${path}`),
    ...objectDirectories.map((path) => `cfg_dir=${path}`),
    ...Object.entries(all).map(([key, value]) => `${key}=${value}`),
  ];
  await mkdir(paths.checkResultsDirectory);
  await writeFile(leastObjectsFile, leastObjects);
  await writeFile(paths.configurationFile, `${lines.join("\n")}\n`);
  return paths;
}

function frame(directory: string, paths: NagiosPaths): Record<string, string | number> {
  return {
    check_result_path: paths.checkResultsDirectory,
    command_file: paths.commandFile,
    status_file: paths.statusFile,
    object_cache_file: paths.objectCacheFile,
    log_file: paths.logFile,
    lock_file: join(directory, "nagios.lock"),
    temp_file: join(directory, "nagios.tmp"),
    temp_path: directory,
    state_retention_file: retentionFile(directory),
    query_socket: paths.querySocket,
    nagios_user: userInfo().uid,
    nagios_group: userInfo().gid,
    use_syslog: 0,
    check_for_updates: 0,
    check_external_commands: 1,
    check_result_reaper_frequency: 1,
    status_update_interval: 1,
    execute_service_checks: 0,
    execute_host_checks: 0,
    enable_notifications: 0,
    enable_event_handlers: 0,
    retain_state_information: 1,
    // As Debian ships it: what a site at the centre really refuses in names and cuts from macros.
    illegal_object_name_chars: "`~!$%^&*|'\"<>?,()=",
    illegal_macro_output_chars: "`~$&|'\"<>",
  };
}

function retentionFile(directory: string): string {
  return join(directory, "retention.dat");
}

// Nagios doesn't start without any of these.
const leastObjects = `
define timeperiod {
  timeperiod_name testkit-always
  alias           Always
  sunday          00:00-24:00
  monday          00:00-24:00
  tuesday         00:00-24:00
  wednesday       00:00-24:00
  thursday        00:00-24:00
  friday          00:00-24:00
  saturday        00:00-24:00
}
define command {
  command_name testkit-true
  command_line /bin/true
}
define contact {
  contact_name                  testkit-nobody
  host_notification_period      testkit-always
  service_notification_period   testkit-always
  host_notification_options     n
  service_notification_options  n
  host_notification_commands    testkit-true
  service_notification_commands testkit-true
}
define host {
  host_name          testkit-centre
  address            127.0.0.1
  check_command      testkit-true
  max_check_attempts 1
  check_period       testkit-always
  contacts           testkit-nobody
}
define service {
  host_name           testkit-centre
  service_description itself
  check_command       testkit-true
  max_check_attempts  1
  check_period        testkit-always
  contacts            testkit-nobody
}
`;

async function statusAfterCache(paths: NagiosPaths, after: bigint): Promise<true | null> {
  const cacheNs = await modifiedNs(paths.objectCacheFile);
  const statusNs = await modifiedNs(paths.statusFile);
  return cacheNs > after && statusNs > cacheNs ? true : null;
}

async function modifiedNs(path: string): Promise<bigint> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found?.mtimeNs ?? 0n;
}
