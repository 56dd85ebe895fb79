// A centre for the benchmark of links: the daemon, an sshd where the way needs one, and sites that may
// log in, on loopback, all new.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { generateKey, parseAllowedSigners, type ReceiptTrust } from "@siteferry/bundle";
import type { SshConnection } from "@siteferry/carry";
import { parseSiteId, type SiteId } from "@siteferry/model";
import { type Certificate, freePort, makeCertificate } from "@siteferry/testkit";
import { startCore } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { type Client, makeClient } from "../transports/ssh-ground.ts";
import { timeoutMs, type Way } from "./links-ways.ts";
import { processesNaming, treeOf, untilEnded } from "./processes.ts";

/** What is known before anything runs. */
export interface Place {
  /** A directory. */
  readonly root: string;
  readonly sites: readonly SiteId[];
  readonly httpPort: number;
  readonly certificate: Certificate;
  /** The receiver's settings: no other process names this path. */
  readonly configFile: string;
  /** The command `siteferry receive` with these. */
  readonly receive: string;
  token(site: SiteId): string;
  tokenFile(site: SiteId): string;
  /** Where a site may put its bundles. */
  directoryOf(site: SiteId): string;
}

export interface Centre extends AsyncDisposable {
  readonly place: Place;
  readonly trust: Omit<ReceiptTrust, "nowMs">;
  readonly daemon: number;
  /** All that run there now: the daemon, and what an sshd has started. */
  processes(): Promise<readonly number[]>;
  connection(site: SiteId): Promise<SshConnection>;
  /** For whom may run anything. */
  operator(): Promise<SshConnection>;
  /** Which of these bundles it has durably, and which of those it has opened and kept. */
  find(names: readonly string[]): Promise<{ readonly durable: number; readonly kept: number }>;
  /** Returns when it has kept them all, or at the deadline. */
  settle(names: readonly string[], deadlineMs: number, signal: AbortSignal): Promise<void>;
}

const siteferryFile = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const centreId = parseSiteId("central")!;
/** As docs/transports/ssh.md recommends for 200 sites. */
const startups = "256";

/** @param signers of each site its line of allowed_signers. */
export async function openCentre(
  root: string,
  way: Way,
  signers: ReadonlyMap<SiteId, string>,
): Promise<Centre> {
  await using opened = new AsyncDisposableStack();
  const sites = [...signers.keys()];
  const place = await makePlace(root, sites);
  const trust = await configure(place, way, signers);
  const daemon = await startCore({
    program: process.execPath,
    arguments: place.receive.split(" ").slice(1),
    outputFile: `${root}/log`,
  });
  opened.defer(daemon.stop);
  await daemon.waitFor("report of a first run", async () =>
    (await readFile(`${root}/log`, "utf8")).includes('"taken":') ? true : null,
  );
  const gate = way.login === null ? null : opened.use(await openGate(place, way.login));
  const processes = async (): Promise<readonly number[]> => {
    const behindSshd = gate === null ? [] : await treeOf(gate.pid);
    // A process whose connection is gone is below nobody.
    return [...new Set([...behindSshd, ...(await processesNaming(place.configFile))])];
  };
  opened.defer(async () => {
    const stay = new Set([daemon.pid, gate?.pid]);
    await untilEnded(async () => (await processes()).filter((pid) => !stay.has(pid)));
  });
  const find: Centre["find"] = async (names) => await findIn(place, names);
  const kept = opened.move();
  return {
    place,
    trust,
    daemon: daemon.pid,
    processes,
    connection: async (site) => await gate!.connection(site),
    operator: async () => await gate!.connection("operator"),
    find,
    async settle(names, deadlineMs, signal) {
      const begun = performance.now();
      while ((await find(names)).kept < names.length) {
        if (performance.now() - begun > deadlineMs) return;
        await pause(100, undefined, { signal });
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function makePlace(root: string, sites: readonly SiteId[]): Promise<Place> {
  const tokenFile = (site: SiteId): string => `${root}/token-${site}`;
  const token = (site: SiteId): string => `${site}-0123456789abcdef0123456789abcdef`;
  const directoryOf = (site: SiteId): string => `${root}/link/${site}`;
  await mkdir(`${root}/results`);
  for (const site of sites) {
    await mkdir(directoryOf(site), { recursive: true });
    await writeFile(tokenFile(site), token(site), { mode: 0o600 });
  }
  const configFile = `${root}/centre.yaml`;
  const receive = [process.execPath, siteferryFile, "receive", "--config", configFile];
  return {
    root,
    sites,
    httpPort: await freePort(),
    certificate: await makeCertificate(root, "server"),
    configFile,
    receive: receive.join(" "),
    token,
    tokenFile,
    directoryOf,
  };
}

async function configure(
  place: Place,
  way: Way,
  signers: ReadonlyMap<SiteId, string>,
): Promise<Centre["trust"]> {
  const { root, sites, configFile } = place;
  const { privateKey, publicLine } = await generateKey(centreId);
  await writeFile(`${root}/key`, privateKey, { mode: 0o600 });
  await writeFile(`${root}/allowed_signers`, [...signers.values(), ""].join("\n"));
  const settings = {
    centre: centreId,
    key: `${root}/key`,
    allowedSigners: `${root}/allowed_signers`,
    spool: `${root}/spool`,
    sites: Object.fromEntries(sites.map((site) => [site, { prefix: `${site}-` }])),
    transports: way.receiving(place),
    targets: [{ checkresults: { dir: `${root}/results`, core: "nagios" } }],
  };
  // YAML, too.
  await writeFile(configFile, JSON.stringify(settings));
  const line = `${centreId} ${publicLine}`;
  return { centre: centreId, signers: parseAllowedSigners(line, "the centre's key") };
}

/** The sshd, with a key for each site and one for the operator. */
async function openGate(place: Place, login: NonNullable<Way["login"]>) {
  await using opened = new AsyncDisposableStack();
  const clients = new Map<SiteId | "operator", Client>();
  const lines: string[] = [];
  for (const who of ["operator" as const, ...place.sites]) {
    const client = opened.use(await makeClient());
    clients.set(who, client);
    lines.push(`${who === "operator" ? "" : login(place, who)} ${client.publicKey}`.trim());
  }
  const sshd = opened.use(await startSshd({ authorizedKeys: lines, startups }));
  const pid = sshd.pid();
  const kept = opened.move();
  return {
    pid,
    connection: async (who: SiteId | "operator") => await clients.get(who)!.to(sshd, { timeoutMs }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Where the receiver has a bundle until it leaves for good, and where it has opened it. */
async function findIn({ root }: Place, names: readonly string[]) {
  const files = [
    ...(await readdir(`${root}/link`, { recursive: true })).map((file) => `link/${file}`),
    ...(await readdir(`${root}/spool/receiver`, { recursive: true })),
  ];
  const durable = new Set<string>();
  const kept = new Set<string>();
  for (const file of files) {
    const [folder = "", ...rest] = file.split("/");
    const name = rest.at(-1)?.replace(/(\.[0-9a-f]{32})?\.ferry.*$/, ".ferry") ?? "";
    if (["link", "arrivals", "inbox", "sites"].includes(folder)) durable.add(name);
    if (folder === "sites") kept.add(name);
  }
  const countIn = (found: ReadonlySet<string>): number =>
    names.filter((name) => found.has(name)).length;
  return { durable: countIn(durable), kept: countIn(kept) };
}
