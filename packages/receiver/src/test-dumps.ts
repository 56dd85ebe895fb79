// For tests: a centre with Checkmk's own core in place of a target, and sites that send dumps.

import { mkdir, writeFile } from "node:fs/promises";
import {
  dumpHash,
  generateKey,
  loadSigner,
  parseAllowedSigners,
  seal,
  textMember,
  type Signer,
} from "@siteferry/bundle";
import { dropReceiver } from "@siteferry/carry";
import type { LivestatusClient } from "@siteferry/livestatus";
import {
  type BundleName,
  FerryError,
  type FileSystem,
  formatBundleName,
  parseSiteId,
} from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { BundleCache } from "./bundle-cache.ts";
import { receive, type ReceiveReport } from "./receive.ts";
import { noCore } from "./test-centre.ts";
import { receiverSchema, type ReceiverSettings } from "./settings.ts";
import { nowMs, remote1 } from "./test-centre.ts";
import type { CmcWorld } from "./world/real-cmc.ts";

interface Dump {
  readonly config?: string;
  readonly states?: string;
  /** Of the configuration that doesn't travel. */
  readonly hash?: string;
}

export interface CmcCentre extends AsyncDisposable {
  readonly path: string;
  /** A stand-in for the core: what it loaded last, how often, and what it was told. */
  readonly core: {
    loaded: Readonly<Record<string, string>>;
    reloads: number;
    commands: string[];
    /** Configurations that it doesn't load. */
    refuses(files: Readonly<Record<string, string>>): boolean;
    listens: boolean;
    /** The connection breaks after so many commands. */
    breaksAfter: number;
  };
  clockMs: number;
  readonly settings: ReceiverSettings;
  readonly logged: { level: string; message: string }[];
  put(sequence: number, dump: Dump): Promise<void>;
  receive(files?: FileSystem): Promise<ReceiveReport>;
  /** What lies in Checkmk's directory. */
  mk(): Promise<Readonly<Record<string, string>>>;
}

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

const untouched: Omit<CmcCentre["core"], "commands"> = {
  loaded: {},
  reloads: 0,
  refuses: () => false,
  listens: true,
  breaksAfter: Infinity,
};

export async function makeCmcCentre(site: object = {}, target: object = {}): Promise<CmcCentre> {
  const { path, remove } = await makeTemporaryDirectory("cmc");
  await mkdir(`${path}/link`);
  const key = await generateKey("remote1");
  const signer = await loadSigner(key.privateKey, "key");
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    sites: { remote1: { objects: { autoApprove: true }, ...site } },
    transports: [{ drop: { dir: `${path}/link` } }],
    targets: [{ cmc: { mk: `${path}/conf.d/siteferry`, live: "unix:/unused", ...target } }],
  });
  const readMk = async (): Promise<Record<string, string>> => {
    const names = await nodeFiles.list(`${path}/conf.d/siteferry`).catch(() => []);
    const texts = names.map(async (name) => {
      const bytes = await nodeFiles.read(`${path}/conf.d/siteferry/${name}`, 1e6);
      return [name, Buffer.from(bytes).toString()] as const;
    });
    return Object.fromEntries(await Promise.all(texts));
  };
  const core = { ...untouched, commands: [] };
  const signers = parseAllowedSigners(`remote1 ${key.publicLine}`, "allowed_signers");
  const centre: CmcCentre = {
    path,
    core,
    clockMs: nowMs,
    settings,
    logged: [],
    mk: readMk,
    async put(sequence, dump) {
      const identity = { site: remote1, epoch: 1, sequence, kind: "verbatim" } as const;
      const bytes = await sealed(identity, dump, signer);
      await writeFile(`${path}/link/${formatBundleName(identity)}`, bytes);
    },
    async receive(files = nodeFiles) {
      const tell = (level: string) => (_: object, message: string) =>
        void centre.logged.push({ level, message });
      const log = { debug: () => {}, info: () => {}, warn: tell("warn"), error: tell("error") };
      return await receive({
        world: { files, random, clock: { now: () => centre.clockMs }, log },
        settings,
        spool: `${path}/receiver`,
        core: noCore,
        signers,
        revoked: new Set(),
        identities: [],
        transports: [dropReceiver(files, { dir: `${path}/link`, site: null })],
        cache: new BundleCache(),
        freeSpace: async () => 1,
        groupId: async () => null,
        cmc: worldOf(core, readMk),
      });
    },
    [Symbol.asyncDispose]: remove,
  };
  return centre;
}

async function sealed(
  identity: BundleName & { readonly kind: "verbatim" },
  { config = "", states = "", hash = dumpHash(config) }: Dump,
  signer: Signer,
): Promise<Uint8Array> {
  const common = { recipient: parseSiteId("central")!, createdMs: nowMs, expiresMs: 0 };
  const source = { program_version: "", livestatus_version: "" };
  const members = [textMember("config.mk", config), textMember("states.txt", states)];
  const input = { ...identity, ...common, source, configurationHash: hash, members };
  return await seal(input, signer);
}

function worldOf(core: CmcCentre["core"], readMk: CmcCentre["mk"]): CmcWorld {
  return {
    async runCommand() {
      core.reloads += 1;
      const there = await readMk();
      if (core.refuses(there)) throw new FerryError("command-failed", "cmk -O ended with 1");
      core.loaded = there;
      return new Uint8Array();
    },
    connect: async () => clientOf(core),
  };
}

function clientOf(core: CmcCentre["core"]): LivestatusClient {
  if (!core.listens) throw new FerryError("livestatus-unreachable", "nobody listens");
  let left = core.breaksAfter;
  return {
    where: "unix:/unused",
    async *rows() {},
    async command(line, time) {
      if (left <= 0) throw new FerryError("livestatus-unreachable", "the core has gone");
      left -= 1;
      core.commands.push(`[${time}] ${line}`);
    },
    async close() {},
  };
}
