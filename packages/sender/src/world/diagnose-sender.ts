// `siteferry doctor sender` in the real world.

import { setTimeout as wait } from "node:timers/promises";
import {
  examine,
  failureFound,
  impatient,
  type NamedFinding,
  readKey,
  readSettings,
  readText,
  readTlsFiles,
  realProbes,
  realWorld,
} from "@siteferry/agent";
import { openSite } from "@siteferry/collect";
import { connect, parseAddress, parseHeaderLine } from "@siteferry/livestatus";
import type { Log, Progress } from "@siteferry/model";
import { senderChecks } from "../doctor/checks.ts";
import type { LinkSubject, SenderSubject } from "../doctor/subject.ts";
import { type SenderSettings, senderSchema } from "../settings.ts";
import { openTransport } from "../transports/index.ts";

/** A check that takes longer hangs. */
const deadline = {
  milliseconds: 45_000,
  wait: (milliseconds: number) => wait(milliseconds, undefined, { ref: false }),
};
/** Some links take four steps. */
const stepMs = 10_000;
const connectMs = 8_000;
const answerMs = 10_000;

export async function diagnoseSender(
  path: string,
  log: Log,
  progress: Progress | null = null,
): Promise<readonly NamedFinding[]> {
  const world = realWorld(log, progress);
  let settings: SenderSettings;
  try {
    settings = await readSettings(world.files, path, senderSchema);
  } catch (error) {
    return [{ check: "settings", ...failureFound(error, "Reading the settings") }];
  }
  const spool = `${settings.spool}/sender`;
  const links = settings.transports.map((transport) => linkSubject(world, settings, transport));
  const subject: SenderSubject = {
    settings,
    spool,
    world,
    probes: realProbes(),
    async connect() {
      const tls = await readTlsFiles(world.files, settings.tls ?? {});
      return await connect(parseAddress(settings.livestatus ?? ""), {
        connectTimeoutMs: Math.min(settings.connectTimeout, connectMs),
        answerTimeoutMs: Math.min(settings.answerTimeout, answerMs),
        tls,
      });
    },
    async openSite(client) {
      const filters = {
        hosts: settings.filters.hosts.map(parseHeaderLine),
        services: settings.filters.services.map(parseHeaderLine),
      };
      return await openSite(client, { filters, flavour: settings.core, log });
    },
    links,
  };
  try {
    return await examine(senderChecks, subject, deadline, world.progress);
  } finally {
    // Not waited for: of one that hangs the process needn't hear any more.
    for (const { open } of links)
      void open().then(
        (transport) => transport.close(),
        () => {},
      );
  }
}

function linkSubject(
  world: SenderSubject["world"],
  { site, centre }: SenderSettings,
  settings: LinkSubject["settings"],
): LinkSubject {
  const context = {
    world,
    site,
    centre,
    readSecret: (file: string) => readKey(world.files, file),
    readText: (file: string) => readText(world.files, file),
  };
  const once = <Result>(work: () => Promise<Result>): (() => Promise<Result>) => {
    let result: Promise<Result> | null = null;
    return () => (result ??= work());
  };
  const open = once(() => openTransport(context, impatient(settings, stepMs)));
  return { settings, open, probed: once(async () => (await (await open()).probe?.()) ?? null) };
}
