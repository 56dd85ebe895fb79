// A receiver for tests of its checks: well, but for what a test changes.

import type { Probes } from "@siteferry/agent";
import { type PretendedEntry, pretendedProbes } from "@siteferry/agent/test-probes";
import type { ReceivingTransport } from "@siteferry/carry/contract";
import type { LivestatusClient } from "@siteferry/livestatus";
import type { FerryError, World } from "@siteferry/model";
import type { SiteHealth } from "../health/judge.ts";
import { receiverSchema } from "../settings.ts";
import { findCoreFile, parseCoreConfiguration } from "./core-configuration.ts";
import type { ReceiverSubject } from "./subject.ts";

export const nowMs: number = Date.UTC(2026, 10, 2, 12);

export interface Changes {
  readonly yaml?: object;
  readonly entries?: Readonly<Record<string, PretendedEntry | undefined>>;
  readonly probes?: Partial<Probes>;
  /** What stands in files. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Lines behind the well core's own. */
  readonly core?: string;
  readonly coreConfig?: string;
  readonly linkFails?: FerryError;
  /** Names of what waits at the link. */
  readonly waiting?: readonly string[];
  readonly hasReader?: boolean;
  /** What it says that listens; null: it is no receiver. */
  readonly receiver?: string | null;
  /** What Livestatus says; an error is thrown. */
  readonly status?: readonly string[] | FerryError;
  /** What the API of an Icinga 2 answers to a question for /v1. */
  readonly api?: string | FerryError;
  /** And to one for objects, by their kind: `hosts`, `services`. */
  readonly objects?: Readonly<Record<string, string>>;
  readonly health?: readonly SiteHealth[];
}

const directory: PretendedEntry = { kind: "directory", mode: 0o755 };

const wellYaml = {
  centre: "central",
  spool: "/s",
  allowedSigners: "/signers",
  sites: { remote1: {} },
  transports: [{ drop: { dir: "/in" } }],
  targets: [
    { objects: { dir: "/etc/ferry", core: "nagios", activate: { config: "/nagios.cfg" } } },
    { checkresults: { dir: "/results", core: "nagios", objectCache: "/cache" } },
  ],
};

const coreText = [
  "check_result_path=/results",
  "cfg_dir=/etc/ferry",
  "object_cache_file=/cache",
  "command_file=/cmd",
  "status_file=/status",
  "check_external_commands=1",
  "nagios_user=nagios",
  "",
].join("\n");

const wellEntries: Readonly<Record<string, PretendedEntry>> = {
  "/s": directory,
  "/s/receiver": directory,
  "/in": directory,
  "/results": directory,
  "/etc/ferry": directory,
  "/cache": {},
  "/cmd": { kind: "fifo" },
  "/status": { modifiedMs: nowMs - 5_000 },
  "/nagios.cfg": {},
};

function namesIn(folder: string, paths: readonly string[]): readonly string[] {
  const start = `${folder}/`;
  return paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
}

export function subjectOf(changes: Changes, signers: string): ReceiverSubject {
  const settings = receiverSchema.parse({ ...wellYaml, ...changes.yaml });
  const texts: Record<string, string> = {
    "/signers": signers,
    "/nagios.cfg": `${coreText}${changes.core ?? ""}`,
    "/status": "programstatus {\n\tpassive_service_checks_enabled=1\n\t}\n",
    ...changes.texts,
  };
  const read = async (path: string): Promise<string> => {
    const text = texts[path];
    if (text !== undefined) return text;
    throw Object.assign(new Error("none"), { code: "ENOENT" });
  };
  const entries = { ...wellEntries, ...changes.entries } as Record<string, PretendedEntry>;
  const probes = pretendedProbes(entries, { head: read, ...changes.probes });
  const link = {
    name: "link:x",
    async incoming() {
      if (changes.linkFails !== undefined) throw changes.linkFails;
      return (changes.waiting ?? []).map((name) => ({ name }));
    },
  } as unknown as ReceivingTransport;
  const files = {
    status: probes.look,
    list: async (path: string) => namesIn(path, Object.keys(entries)),
    read: async (path: string) => Buffer.from(await read(path)),
    readParts: async (path: string, _max: number, take: (part: Uint8Array) => void) =>
      take(Buffer.from(await read(path))),
  };
  return {
    settings,
    spool: "/s/receiver",
    world: { files, clock: { now: () => nowMs } } as unknown as World,
    probes,
    async core() {
      const found = await findCoreFile(settings, probes, changes.coreConfig);
      return found === null ? null : parseCoreConfiguration(await read(found.file), found);
    },
    hasReader: async () => changes.hasReader ?? true,
    receiverAt: async () => (changes.receiver === undefined ? "ok" : changes.receiver),
    connect: async () => livestatus(changes.status ?? ["1"]),
    async icinga2() {
      return {
        where: "https://core:5665",
        async ask({ path }) {
          const start =
            '{"results":[{"status":{"icingaapplication":{"app":{"program_start":1}}}}]}';
          const [, type = ""] = /^\/v1\/objects\/(\w+)/.exec(path) ?? [];
          const api = path === "/v1" ? (changes.api ?? "") : (changes.objects?.[type] ?? start);
          if (typeof api !== "string") throw api;
          return { status: 200, text: api };
        },
        pause: async () => {},
        close: async () => {},
      };
    },
    health: async () => changes.health ?? [],
    links: settings.transports.map((one) => ({ settings: one, open: async () => link })),
  };
}

function livestatus(status: readonly string[] | FerryError): LivestatusClient {
  return {
    where: "unix:/live",
    async *rows() {
      if (!Array.isArray(status)) throw status as FerryError;
      yield status.map((value: string) => [value]);
    },
    command: async () => {},
    close: async () => {},
  };
}
