// `siteferry doctor receiver` in the real world.

import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
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
import { icinga2Client } from "@siteferry/apply";
import { connect, parseAddress } from "@siteferry/livestatus";
import type { Log, Progress, World } from "@siteferry/model";
import { receiverChecks } from "../doctor/checks.ts";
import { findCoreFile, parseCoreConfiguration } from "../doctor/core-configuration.ts";
import type { LinkSubject, ReceiverSubject } from "../doctor/subject.ts";
import { type ReceiverSettings, receiverSchema } from "../settings.ts";
import { openTransport } from "../transports/index.ts";
import { openCommandFile } from "./command-file.ts";
import { lookAtSites } from "./run-receiver.ts";

const deadline = {
  milliseconds: 45_000,
  wait: (milliseconds: number) => wait(milliseconds, undefined, { ref: false }),
};
const answerMs = 8_000;

export interface DiagnosisOptions {
  readonly path: string;
  /** The main file of the core; undefined: what the settings name, or where it usually is. */
  readonly coreConfig: string | undefined;
}

export async function diagnoseReceiver(
  { path, coreConfig }: DiagnosisOptions,
  log: Log,
  progress: Progress | null = null,
): Promise<readonly NamedFinding[]> {
  const world = realWorld(log, progress);
  let settings: ReceiverSettings;
  try {
    settings = await readSettings(world.files, path, receiverSchema);
  } catch (error) {
    return [{ check: "settings", ...failureFound(error, "Reading the settings") }];
  }
  const probes = realProbes();
  const links = settings.transports.map((transport) => linkSubject(world, settings, transport));
  const subject: ReceiverSubject = {
    settings,
    spool: `${settings.spool}/receiver`,
    world,
    probes,
    async core() {
      const found = await findCoreFile(settings, probes, coreConfig);
      if (found === null) return null;
      return parseCoreConfiguration(await readText(world.files, found.file), found);
    },
    async hasReader(commandFile) {
      const pipe = await openCommandFile(commandFile);
      await pipe?.[Symbol.asyncDispose]();
      return pipe !== null;
    },
    receiverAt,
    async connect(address, tls) {
      return await connect(parseAddress(address), {
        connectTimeoutMs: answerMs,
        answerTimeoutMs: answerMs,
        tls: await readTlsFiles(world.files, tls ?? {}),
      });
    },
    async icinga2(target) {
      return icinga2Client({
        ...target,
        ca: await readText(world.files, target.ca),
        password: (await readKey(world.files, target.password)).trim(),
        connections: 1,
        timeoutMs: answerMs,
      });
    },
    health: async () => (await lookAtSites(settings, log)).map(({ health }) => health),
    links,
  };
  try {
    return await examine(receiverChecks, subject, deadline, world.progress);
  } finally {
    for (const { open } of links)
      void open().then(
        (transport) => transport.close(),
        () => {},
      );
  }
}

function linkSubject(
  world: World,
  settings: ReceiverSettings,
  transport: LinkSubject["settings"],
): LinkSubject {
  const context = {
    world,
    spool: `${settings.spool}/receiver`,
    readSecret: (file: string) => readKey(world.files, file),
    readText: (file: string) => readText(world.files, file),
    // Nothing is taken in.
    async sealLivedump(): Promise<Uint8Array<ArrayBuffer>> {
      throw new Error("a doctor seals nothing");
    },
  };
  let opened: ReturnType<LinkSubject["open"]> | null = null;
  return {
    settings: transport,
    open: () => (opened ??= openTransport(context, impatient(transport, answerMs))),
  };
}

/** Its own certificate isn't looked at here: only who it is. */
async function receiverAt(host: string, port: number, hasTls: boolean): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const options = { host: here, port, path: "/v1/health", timeout: answerMs };
  const begin = hasTls ? requestSecure : requestPlain;
  const request = begin({ ...options, ...(hasTls && { rejectUnauthorized: false }) }, (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (piece: string) => {
      text += piece;
      if (text.length > 200) answer.destroy();
    });
    answer.on("end", () => {
      const isOurs = answer.statusCode === 200 ? /^ok\n$/ : /^[a-z-]+: [ -~]+\n$/;
      resolve(
        [200, 503].includes(answer.statusCode ?? 0) && isOurs.test(text) ? text.trim() : null,
      );
    });
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => resolve(null));
  request.on("close", () => resolve(null));
  request.end();
  return await promise;
}
