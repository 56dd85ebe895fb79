// Both ends of http on loopback for tests: a listener with a test door, and senders to it.

import { connect, type Socket } from "node:net";
import { parseSiteId, type SiteId } from "@siteferry/model";
import type { FerryError } from "@siteferry/model";
import {
  type Certificate,
  makeCertificate,
  makeTemporaryDirectory,
  openRelay,
} from "@siteferry/testkit";
import { nodeFiles } from "@siteferry/spool";
import { formatIndex } from "../../outbox-index.ts";
import type { Door, ReceivingTransport, SendingTransport } from "../../transport.ts";
import { dropSender } from "../drop/send.ts";
import { httpPullReceiver } from "./pull.ts";
import { testDoor } from "../../transport-contract.ts";
import type { LinkWithLine } from "../../line-contract.ts";
import type { SiteAccess } from "./access.ts";
import type { HttpClientOptions, HttpSecrets } from "./client.ts";
import type { ListenBounds } from "./listen-bounds.ts";
import { type HttpListener, httpListener } from "./listen.ts";
import { httpSender } from "./send.ts";

export const remote1: SiteId = parseSiteId("remote1")!;
export const remote2: SiteId = parseSiteId("remote2")!;
export const token = (site: SiteId): string => `${site}-0123456789abcdef0123456789abcdef`;

/** Both sites, by their tokens. */
export const byToken: ReadonlyMap<SiteId, SiteAccess> = new Map(
  [remote1, remote2].map((site) => [site, { token: token(site), certificate: null }]),
);

export const noSecrets: HttpSecrets = { token: null, ca: null, cert: null, key: null };

export interface TestListenerOptions {
  readonly tls?: Certificate;
  readonly access?: ReadonlyMap<SiteId, SiteAccess>;
  readonly bounds?: Partial<ListenBounds>;
  readonly warnings?: FerryError[];
}

/** Listens on a free port of 127.0.0.1. */
export async function startListener(
  door: Door,
  { tls, access = byToken, bounds = {}, warnings = [] }: TestListenerOptions = {},
): Promise<HttpListener & AsyncDisposable> {
  const listener = httpListener({
    listen: { host: "127.0.0.1", port: 0 },
    secrets: async () => ({ tls: tls ?? null, access }),
    warn: (failure) => warnings.push(failure),
    bounds,
  });
  await listener.listen(door);
  return Object.assign(Object.create(listener) as HttpListener, {
    [Symbol.asyncDispose]: listener.close,
  });
}

export function senderTo(
  address: string,
  site: SiteId,
  secrets: Partial<HttpSecrets> = { token: token(site) },
  options: Partial<Omit<HttpClientOptions, "url" | "secrets">> = {},
): SendingTransport & AsyncDisposable {
  const sender = httpSender({
    url: new URL(address),
    secrets: async () => ({ ...noSecrets, ...secrets }),
    proxy: "none",
    timeoutMs: 10_000,
    site,
    ...options,
  });
  return { ...sender, [Symbol.asyncDispose]: sender.close };
}

/** One sender for both sites, as the contract has it: each bundle through the sender of its site. */
function bothSites(of: (site: SiteId) => SendingTransport): SendingTransport {
  const senders = new Map([remote1, remote2].map((site) => [site, of(site)]));
  const first = senders.get(remote1)!;
  return {
    ...first,
    send: async (bundle) =>
      await senders.get(bundle.name.startsWith(remote2) ? remote2 : remote1)!.send(bundle),
    async close() {
      for (const sender of senders.values()) await sender.close();
    },
  };
}

/** Says `text` on a new connection; the answer is all that comes until `until` matches or the end. */
export async function say(
  { port }: { port: number },
  text: string,
  until?: RegExp,
): Promise<{ answer: string; socket: Socket }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let answer = "";
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    answer += String(piece);
    if (until?.test(answer)) break;
  }
  return { answer, socket };
}

/** What stands between the relay and the listener: nothing, or a proxy. */
export type Front = (
  listenerPort: number,
) => Promise<AsyncDisposable & { readonly port: number; readonly scheme: "http" | "https" }>;

/** The link of the contract: sender → relay → (front →) listener → a door on a directory. */
export async function httpLink(
  listening: TestListenerOptions,
  secretsOf: (site: SiteId) => Partial<HttpSecrets>,
  front?: Front,
): Promise<LinkWithLine> {
  const directory = await makeTemporaryDirectory("http");
  const names = new Map<string, string>();
  const { door, receiver } = testDoor(directory.path, (content) =>
    names.get(Buffer.from(content).toString("base64"))!,
  );
  const listener = await startListener(door, listening);
  const proxy = await front?.(listener.port);
  const relay = await openRelay(proxy?.port ?? listener.port);
  const scheme = proxy?.scheme ?? (listening.tls === undefined ? "http" : "https");
  const sending = (port: number, timeoutMs: number): SendingTransport => {
    const address = `${scheme}://127.0.0.1:${port}`;
    const sender = bothSites((site) => senderTo(address, site, secretsOf(site), { timeoutMs }));
    return {
      ...sender,
      // The door is told no name: of a test's bundles the content has to say it.
      async send(bundle) {
        names.set(Buffer.from(bundle.content).toString("base64"), bundle.name);
        return await sender.send(bundle);
      },
    };
  };
  const sender = sending(relay.port, 10_000);
  return {
    sender,
    receiver,
    relay,
    line: relay,
    dial: async (port, timeoutMs) => ({ kind: "sends", transport: sending(port, timeoutMs) }),
    async [Symbol.asyncDispose]() {
      await sender.close();
      await relay[Symbol.asyncDispose]();
      await proxy?.[Symbol.asyncDispose]();
      await listener.close();
      await directory.remove();
    },
  };
}

/** An authority, a server that it vouches for, and one self-made certificate for each site. */
export async function makeTestCertificates(directory: string): Promise<{
  readonly authority: Certificate;
  readonly server: Certificate;
  readonly sites: ReadonlyMap<SiteId, Certificate>;
}> {
  const authority = await makeCertificate(directory, "authority");
  const [server, first, second] = await Promise.all([
    makeCertificate(directory, "server", { authority }),
    makeCertificate(directory, "client1"),
    makeCertificate(directory, "client2"),
  ]);
  return {
    authority,
    server,
    sites: new Map([
      [remote1, first],
      [remote2, second],
    ]),
  };
}

/** A web server that hands out a directory. */
type Serve = (dir: string) => Promise<AsyncDisposable & { readonly url: URL }>;

/** The pulled link of the contract: an outbox for each site, each served and fetched from. */
export async function openPulledOutbox(
  serve: Serve,
  secrets: Partial<HttpSecrets> = {},
): Promise<LinkWithLine> {
  const root = await makeTemporaryDirectory("pull");
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const world = { files: nodeFiles, random };
  const servers: AsyncDisposable[] = [];
  const receivers: ReceivingTransport[] = [];
  const receiverAt = (url: URL, site: SiteId, timeoutMs: number, state = "state") =>
    httpPullReceiver(world, {
      url,
      secrets: async () => ({ ...noSecrets, ...secrets }),
      proxy: "none",
      timeoutMs,
      site,
      stateDirectory: `${root.path}/${state}`,
    });
  const urls: URL[] = [];
  for (const site of [remote1, remote2]) {
    const dir = `${root.path}/${site}`;
    await nodeFiles.makeDirectory(dir, 0o755);
    await nodeFiles.writeNew(`${dir}/index.json`, formatIndex([]), 0o644);
    const server = await serve(dir);
    servers.push(server);
    urls.push(server.url);
    receivers.push(receiverAt(server.url, site, 5_000));
  }
  const [first] = urls as [URL];
  const line = await openRelay(Number(first.port));
  let dialled = 0;
  return {
    line,
    dial: async (port, timeoutMs) => {
      const url = Object.assign(new URL(first), { port: String(port) });
      const transport = receiverAt(url, remote1, timeoutMs, `state-${(dialled += 1)}`);
      return { kind: "fetches", transport };
    },
    sender: bothSites((site) =>
      // Without `collapse`: the contract wants to see each of them arrive.
      dropSender(world, { dir: `${root.path}/${site}`, site, mode: 0o644, index: true }),
    ),
    receiver: {
      incoming: async (countPerSite) =>
        (await Promise.all(receivers.map((each) => each.incoming(countPerSite)))).flat(),
    },
    async [Symbol.asyncDispose]() {
      for (const each of receivers) await each.close();
      await line[Symbol.asyncDispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
      await root.remove();
    },
  };
}
