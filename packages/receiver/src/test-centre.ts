// For tests: a receiver over a temporary directory, and sites that seal whatever a test asks for.

import { mkdir, writeFile } from "node:fs/promises";
import {
  configurationHash,
  generateKey,
  loadSigner,
  makeDelta,
  type Member,
  memberWriter,
  parseAllowedSigners,
  readBase,
  sealWithBase,
  type Signer,
  type SignerList,
} from "@siteferry/bundle";
import { type Door, dropReceiver, type ReceivingTransport } from "@siteferry/carry";
import {
  bundleTables,
  type Cells,
  type Clock,
  type FileSystem,
  formatBundleName,
  type Log,
  type Progress,
  parseSiteId,
  type SiteId,
  type States,
  type TableName,
} from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { BundleCache } from "./bundle-cache.ts";
import { arrivalsDirectory, arrivalsReceiver } from "./arrivals.ts";
import { type Doorway, openDoor, openDoorDirectories } from "./door.ts";
import { loadSiteRecord, loadStates } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { receive, type ReceiveReport } from "./receive.ts";
import type { CoreControl } from "./activation/core-control.ts";
import { receiverSchema, type ReceiverSettings } from "./settings.ts";

export const remote1: SiteId = parseSiteId("remote1")!;
export const remote2: SiteId = parseSiteId("remote2")!;
export const nowMs: number = Date.UTC(2026, 10, 1);

/** Hosts that are up since a second: name → the time of their check, seconds after `nowMs`. */
type Hosts = Readonly<Record<string, number>>;

interface PutOptions {
  readonly site?: SiteId;
  readonly epoch?: number;
  readonly hosts?: Hosts;
  /** Hosts about which somebody said something: a comment, a downtime and an event of each. */
  readonly annotated?: readonly string[];
  /** The keyframe that a delta is against: what `put` returned. */
  readonly base?: Uint8Array;
  /** Another configuration than the usual one. */
  readonly configuration?: Hosts;
  /** The name in the drop directory, instead of the bundle's own. */
  readonly name?: string;
}

/** What a receiver has that runs more than once: by default the drop directory, and nothing it remembers. */
interface Process {
  readonly transports: readonly ReceivingTransport[];
  readonly cache: BundleCache;
}

export interface Centre extends AsyncDisposable {
  readonly path: string;
  /** What it has logged as errors, unless it was given a log. */
  readonly complaints: readonly string[];
  readonly settings: ReceiverSettings;
  /** Puts a bundle into the drop directory; returns its bytes. */
  put(
    kind: "config" | "keyframe" | "delta",
    sequence: number,
    options?: PutOptions | string,
  ): Promise<Uint8Array>;
  receive(files?: FileSystem, clock?: Clock, process?: Process): Promise<ReceiveReport>;
  /** What is known of a site; null before its first keyframe. */
  states(site: SiteId): Promise<States | null>;
  /** What comes through it is there for `receive`. */
  door(files: FileSystem): Promise<Door>;
  doorway(files: FileSystem): Promise<Doorway>;
}

/** For targets that neither check nor reload. */
const nothing = (): never => {
  throw new Error("this centre has no core");
};
export const noCore: CoreControl = {
  run: nothing,
  answers: nothing,
  command: nothing,
  wait: nothing,
};
function complainingLog(): { readonly complaints: readonly string[]; readonly log: Log } {
  const complaints: string[] = [];
  const quiet = (): void => {};
  const error = (fields: object, text: string): void => {
    complaints.push(`${text}: ${JSON.stringify(fields)}`);
  };
  return { complaints, log: { debug: quiet, info: quiet, warn: quiet, error } };
}

function freshProcess(files: FileSystem, link: string): Process {
  return { transports: [dropAt(files, link)], cache: new BundleCache() };
}

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const dropAt = (files: FileSystem, dir: string) => dropReceiver(files, { dir, site: null });

/** Once there is a door. */
async function arrivalsAt(files: FileSystem, path: string): Promise<readonly ReceivingTransport[]> {
  const spool = `${path}/receiver`;
  const isThere = (await files.status(`${spool}/${arrivalsDirectory}`)) !== null;
  return isThere ? [arrivalsReceiver(files, spool)] : [];
}

interface CentreOptions {
  /** In place of check results alone. */
  readonly targets?: (path: string) => readonly object[];
  readonly core?: CoreControl;
  readonly log?: Log;
  readonly progress?: Progress;
  readonly health?: object;
}

export async function makeCentre(
  sites: object = { remote1: {}, remote2: {} },
  revoked: Set<string> = new Set(),
  reservedHosts: readonly string[] = [],
  { targets, core = noCore, health = {}, ...world }: CentreOptions = {},
): Promise<Centre> {
  const { path, remove } = await makeTemporaryDirectory("receive");
  for (const name of ["link", "results"]) await mkdir(`${path}/${name}`);
  const { signerOf, signers } = await makeKeys(Object.keys(sites));
  const { complaints, log, progress } = { ...complainingLog(), progress: undefined, ...world };
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    reservedHosts,
    health,
    sites,
    transports: [{ drop: { dir: `${path}/link` } }],
    targets: targets?.(path) ?? [{ checkresults: { dir: `${path}/results`, core: "nagios" } }],
  });
  const opening = (files: FileSystem, clock: Clock = { now: () => nowMs }) => ({
    world: { files, random, clock, log, progress },
    settings,
    spool: `${path}/receiver`,
    freeSpace: async () => 1,
  });
  const whole = (at: ReturnType<typeof opening>) => {
    return { ...at, signers, revoked, identities: [], core, groupId: async () => null };
  };
  const doorway = async (files: FileSystem): Promise<Doorway> => {
    const at = opening(files);
    await openDoorDirectories(at.world, at.spool);
    const readKeys = async () => ({ signers, revoked });
    const alone: Doorway["alone"] = async (_site, work) => await work();
    return { ...at, signer: await signerOf(remote1), readKeys, alone };
  };
  return {
    path,
    complaints,
    settings,
    async put(kind, sequence, options = {}) {
      const given: PutOptions = typeof options === "string" ? { name: options } : options;
      const { site = remote1, epoch = 1 } = given;
      const bytes = await sealed(kind, { site, epoch, sequence }, given, await signerOf(site));
      const name = given.name ?? formatBundleName({ site, epoch, sequence, kind });
      await writeFile(`${path}/link/${name}`, bytes);
      return bytes;
    },
    receive: async (files = nodeFiles, clock, process = freshProcess(files, `${path}/link`)) =>
      await receive({
        ...whole(opening(files, clock)),
        transports: [...process.transports, ...(await arrivalsAt(files, path))],
        cache: process.cache,
      }),
    states: async (site) =>
      await knownStates({ ...whole(opening(nodeFiles)), cache: new BundleCache() }, site),
    door: async (files) => openDoor(await doorway(files)),
    doorway,
    [Symbol.asyncDispose]: remove,
  };
}

async function knownStates(opening: Opening, site: SiteId): Promise<States | null> {
  const record = await loadSiteRecord(nodeFiles, opening.spool, site);
  return record === null ? null : await loadStates(opening, record);
}

async function makeKeys(sites: readonly string[]): Promise<{
  readonly signers: SignerList;
  signerOf(site: SiteId): Promise<Signer>;
}> {
  const keys = new Map<string, Awaited<ReturnType<typeof generateKey>>>();
  for (const site of new Set([remote1, remote2, ...sites])) keys.set(site, await generateKey(site));
  const lines = [...keys].map(([site, { publicLine }]) => `${site} ${publicLine}`);
  return {
    signers: parseAllowedSigners(lines.join("\n"), "allowed_signers"),
    signerOf: async (site) => await loadSigner(keys.get(site)!.privateKey, "key"),
  };
}

const usualHosts: Hosts = { web: 0 };

async function sealed(
  kind: "config" | "keyframe" | "delta",
  identity: { site: SiteId; epoch: number; sequence: number },
  { hosts = usualHosts, configuration = usualHosts, annotated, base }: PutOptions,
  signer: Signer,
): Promise<Uint8Array> {
  const common = {
    ...identity,
    recipient: parseSiteId("central")!,
    createdMs: nowMs,
    expiresMs: 0,
    source: { program_version: "4", livestatus_version: "1" },
  };
  const states = membersOf("keyframe", hosts, annotated);
  const config = membersOf("config", configuration);
  if (kind === "config") return await seal({ ...common, kind, members: config }, signer);
  if (kind === "keyframe") {
    const hash = configurationHash(config);
    return await seal({ ...common, kind, configurationHash: hash, members: states }, signer);
  }
  const { header, members } = await readBase(base!);
  const delta = makeDelta(members, states);
  return await seal({ ...common, kind, base: header, members: delta.members }, signer);
}

async function seal(...parameters: Parameters<typeof sealWithBase>): Promise<Uint8Array> {
  return (await sealWithBase(...parameters)).bundle;
}

function membersOf(
  kind: "config" | "keyframe",
  hosts: Hosts,
  annotated: readonly string[] = [],
): readonly Member[] {
  return bundleTables[kind].map((table) => {
    const writer = memberWriter(table);
    for (const [name, atSeconds] of Object.entries(hosts)) {
      if (table.name === "host_states") writer.add(stateOf(name, nowMs / 1000 + atSeconds));
      if (table.name === "hosts") writer.add(configurationOf(name));
    }
    for (const [id, name] of annotated.entries()) {
      const cells = annotationOf(table.name, id, name);
      if (cells !== null) writer.add(cells);
    }
    return writer.finish();
  });
}

function stateOf(name: string, checked: number): Cells {
  const times = [checked, checked, null, null];
  return [name, 1, 0, 1, 1, ...times, 0, 0, "UP", "", "", 0, null, 0, null, null, null];
}

function annotationOf(table: TableName, id: number, name: string): Cells | null {
  const at = nowMs / 1000 - 60;
  const said = [id, name, null, "alice", `about ${name}`, at];
  if (table === "comments") return [...said, 1, 0, 0];
  if (table === "downtimes") return [...said, at, at + 3600, 1, 0, 0];
  return table === "events" ? [at + id, name, null, "alert", 1, 1, 1, "DOWN"] : null;
}

function configurationOf(name: string): Cells {
  const none: readonly string[] = [];
  const common = [name, "check", 1, 1, 1, 0, none, none, none, null, null, null, null, []];
  return [name, name, "192.0.2.1", none, ...common];
}
