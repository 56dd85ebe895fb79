// For tests of activations: a centre with a pretended Nagios, everything in memory.

import type { Log, SiteId } from "@siteferry/model";
import { MemoryDisk } from "@siteferry/testkit/simulation";
import type { ReceiveReport } from "../receive.ts";
import { type Centre, makeCentre, nowMs, remote1 } from "../test-centre.ts";
import type { CoreControl } from "./core-control.ts";
import { TestCore } from "./test-core.ts";

export const approved = { objects: { autoApprove: true } };
/** After it the core may be reloaded again. */
export const laterMs = 61_000;

type Kind = "config" | "keyframe";

export interface Ground extends AsyncDisposable {
  readonly centre: Centre;
  readonly core: TestCore;
  readonly disk: MemoryDisk;
  readonly log: Log;
  readonly said: { readonly level: string; readonly message: string; readonly fields: object }[];
  /** A site says what it monitors. */
  say(hosts: readonly string[], site?: SiteId): Promise<void>;
  run(files?: TestCore["files"]): Promise<ReceiveReport>;
  /** The hosts that the core has loaded. */
  loaded(): readonly string[];
}

interface GroundOptions {
  /** What a site sends, and whether states are handed over, too. */
  readonly sends?: readonly Kind[];
  /** Before the core is told something. */
  readonly before?: (what: keyof CoreControl) => Promise<void>;
}

/** A core that `before` is asked of, each time. */
function watched(
  core: () => TestCore,
  before: (what: keyof CoreControl) => Promise<void>,
): CoreControl {
  return {
    async run(command, timeoutMs) {
      await before("run");
      return await core().run(command, timeoutMs);
    },
    async answers() {
      await before("answers");
      return await core().answers();
    },
    async command() {
      await before("command");
      return await core().command();
    },
    async wait(milliseconds) {
      await before("wait");
      await core().wait(milliseconds);
    },
  };
}

function targetsIn(path: string, hasStates: boolean): readonly object[] {
  const activate = { config: `${path}/core/nagios.cfg`, reloadEvery: "60s", timeout: "30s" };
  const objectCache = `${path}/core/cache`;
  return [
    { objects: { dir: `${path}/core/objects`, core: "nagios", activate } },
    ...(hasStates
      ? [{ checkresults: { dir: `${path}/results`, core: "nagios", objectCache } }]
      : []),
  ];
}

export async function openGround(
  sites: object = { remote1: approved, remote2: approved },
  { sends = ["config"], before = async () => {} }: GroundOptions = {},
): Promise<Ground> {
  const said: Ground["said"] = [];
  const log = Object.fromEntries(
    (["debug", "info", "warn", "error"] as const).map((level) => [
      level,
      (fields: object, message: string) => said.push({ level, message, fields }),
    ]),
  ) as unknown as Log;
  const centre = await makeCentre(sites, new Set(), [], {
    core: watched(() => core, before),
    log,
    targets: (path) => targetsIn(path, sends.includes("keyframe")),
  });
  const disk = new MemoryDisk();
  const core = new TestCore(disk, centre.path, nowMs);
  for (const name of ["link", "results", "receiver"]) {
    await core.files.makeDirectory(`${centre.path}/${name}`, 0o755);
  }
  await core.install();
  let sequence = 0;
  return {
    centre,
    core,
    disk,
    log,
    said,
    async say(hosts, site = remote1) {
      const at = Object.fromEntries(hosts.map((host) => [host, 0]));
      for (const kind of sends) {
        const name = `${site}-${(sequence += 1)}.ferry`;
        const options = { configuration: at, hosts: at, name, site };
        const bytes = await centre.put(kind, sequence, options);
        await core.files.writeNew(`${centre.path}/link/${name}`, bytes, 0o644);
      }
    },
    run: async (files = core.files) => await centre.receive(files, core),
    loaded: () => [...core.loaded].toSorted(),
    [Symbol.asyncDispose]: () => centre[Symbol.asyncDispose](),
  };
}
