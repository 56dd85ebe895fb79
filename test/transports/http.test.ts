// http through real web servers, with the configuration that deploy/ ships: the contract, and what a
// sender is told through them.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import { fileURLToPath } from "node:url";
import { FerryError, limits, Refusal } from "@siteferry/model";
import { makeTemporaryDirectory, openRelay, type TemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import {
  startApache,
  startNginx,
  startTinyproxy,
  type WebServer,
} from "@siteferry/testkit/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeFaults } from "@siteferry/carry/line-contract";
import { describeTransport } from "@siteferry/carry/transport-contract";
import { Busy } from "@siteferry/carry/contract";
import {
  httpLink,
  makeTestCertificates,
  openPulledOutbox,
  remote1,
  senderTo,
  startListener,
  type TestListenerOptions,
  token,
} from "@siteferry/carry/test-http";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const bundle = { name, content: Buffer.from("content") };
const receipt = Buffer.from("receipt\n");

let directory: TemporaryDirectory;
let certificates: Awaited<ReturnType<typeof makeTestCertificates>>;
beforeAll(async () => {
  directory = await makeTemporaryDirectory("web");
  certificates = await makeTestCertificates(directory.path);
});
afterAll(async () => await directory.remove());

/** A file of deploy/ with what an operator replaces in it; each of these must be there. */
async function deployed(
  file: string,
  replacements: readonly (readonly [RegExp, string])[],
): Promise<string> {
  const path = fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url));
  let text = await readFile(path, "utf8");
  for (const [pattern, replacement] of replacements) {
    expect(text, `${file} has ${pattern}`).toMatch(pattern);
    text = text.replaceAll(pattern, replacement);
  }
  return text;
}

/** Before the listener on that port; a body that stands still is given up after so long, if not as shipped. */
type StartFront = (listenerPort: number, bodySeconds?: number) => Promise<WebServer>;

async function nginxBefore(listenerPort: number, bodySeconds = 30): Promise<WebServer> {
  const { server } = certificates;
  const site = await deployed("nginx/siteferry.conf", [
    [/127\.0\.0\.1:8080/g, `127.0.0.1:${listenerPort}`],
    [/client_body_timeout +30s/g, `client_body_timeout ${bodySeconds}s`],
    [/listen \[::\]:443 ssl;/g, ""],
    [/listen 443 ssl;/g, "listen 127.0.0.1:PORT ssl;"],
    [/\/etc\/ssl\/certs\/.*\.pem/g, server.certPath],
    [/\/etc\/ssl\/private\/.*\.key/g, server.keyPath],
  ]);
  return await startNginx((port) => site.replaceAll("PORT", String(port)));
}

async function apacheBefore(listenerPort: number, bodySeconds = 30): Promise<WebServer> {
  const { server } = certificates;
  const site = await deployed("apache/siteferry.conf", [
    [/127\.0\.0\.1:8080/g, `127.0.0.1:${listenerPort}`],
    [/\*:443/g, "127.0.0.1:PORT"],
    [/body=30/g, `body=${bodySeconds}`],
    [/\/etc\/ssl\/certs\/.*\.pem/g, server.certPath],
    [/\/etc\/ssl\/private\/.*\.key/g, server.keyPath],
  ]);
  return await startApache((port) => site.replaceAll("PORT", String(port)));
}

interface Through extends TestListenerOptions {
  /** The sender's token. */
  readonly given?: string;
}

interface Front {
  readonly missing: ReturnType<typeof missingFor>;
  readonly start: StartFront;
}

const fronts: Readonly<Record<"nginx" | "apache", Front>> = {
  nginx: { missing: missingFor("nginx"), start: nginxBefore },
  apache: { missing: missingFor("apache"), start: apacheBefore },
};

for (const [front, { missing, start }] of Object.entries(fronts)) {
  describe.skipIf(missing)(`behind ${front}`, () => {
    const open = (): ReturnType<typeof httpLink> =>
      httpLink(
        {},
        (site) => ({ token: token(site), ca: certificates.authority.cert }),
        async (port) => Object.assign(await start(port), { scheme: "https" as const }),
      );
    describeTransport(`http behind ${front}`, open);
    describeFaults(`http behind ${front}`, open);

    async function through(
      door: () => Promise<Uint8Array | null>,
      content: Uint8Array = bundle.content,
      { given = token(remote1), ...listening }: Through = {},
    ): Promise<unknown> {
      await using listener = await startListener(door, listening);
      await using web = await start(listener.port);
      const own = { token: given, ca: certificates.authority.cert };
      await using sender = senderTo(`https://127.0.0.1:${web.port}`, remote1, own);
      return await sender.send({ name, content }).catch((error: unknown) => error);
    }
    const says = (error: Error) => async (): Promise<never> => {
      throw error;
    };

    test("the largest bundle passes, and one byte more is refused in siteferry's words", async () => {
      const largest = Buffer.alloc(limits.bundleBytesMax);
      expect(await through(async () => receipt, largest)).toEqual(receipt);
      const more = await through(async () => receipt, Buffer.alloc(limits.bundleBytesMax + 1), {
        // Apache hears nothing before it has sent all, which takes its time on a busy machine.
        bounds: { lingerMs: 60_000 },
      });
      expect(String(more)).toContain(`413 (A bundle has at most ${limits.bundleBytesMax} bytes)`);
    });

    test("a wrong token is answered with 401, also on a large body", async () => {
      for (const size of [7, 8 * 1024 * 1024]) {
        const refused = await through(async () => receipt, Buffer.alloc(size), {
          given: "x".repeat(32),
        });
        expect(refused, `${size} bytes`).toMatchObject({ code: "login-refused" });
        expect(String(refused)).toContain("401 (No token of this site)");
      }
    });

    test("the log names whom a failed login came from, whatever that one says of itself", async () => {
      const warnings: FerryError[] = [];
      await using listener = await startListener(async () => receipt, { warnings });
      await using web = await start(listener.port);
      const request = secureRequest({
        port: web.port,
        host: "127.0.0.1",
        localAddress: "127.0.0.9",
        ca: certificates.authority.cert,
        method: "PUT",
        path: `/v1/sites/remote1/bundles/${name}`,
        headers: { "x-forwarded-for": "192.0.2.1, 192.0.2.2", "content-length": 0 },
      });
      request.end();
      const [{ statusCode }] = (await once(request, "response")) as [IncomingMessage];
      request.destroy();
      expect(statusCode).toBe(401);
      expect(String(warnings[0])).toContain("http:127.0.0.9 via 127.0.0.1 came as remote1");
    });

    test("refusals, Retry-After and an empty answer pass as they are", async () => {
      const refused = await through(says(new Refusal("key-unknown", "no such key")));
      expect(refused).toMatchObject({ code: "centre-refused" });
      expect(String(refused)).toContain("422 (key-unknown: no such key)");
      expect(await through(says(new Busy("full", 7_000)))).toMatchObject({
        code: "receiver-busy",
        retryAfterMs: 7_000,
      });
      expect(await through(async () => null)).toBeNull();
    });

    test("a listener that has stopped is worth another try", async () => {
      const listener = await startListener(async () => receipt);
      await using web = await start(listener.port);
      const own = { token: token(remote1), ca: certificates.authority.cert };
      await using sender = senderTo(`https://127.0.0.1:${web.port}`, remote1, own);
      expect(await sender.send(bundle)).toEqual(receipt);
      await listener.close();
      const gone = await sender.send(bundle).catch((error: unknown) => error);
      expect(gone).toBeInstanceOf(FerryError);
      expect(gone).toMatchObject({ kind: "transient" });
      expect(String(gone)).toMatch(/answers 50[23]/);
    });

    test("a line that breaks between the web server and siteferry: nothing half, and sent again it is there once", async () => {
      const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
      const taken: Buffer[] = [];
      await using listener = await startListener(async (arrival) => {
        taken.push(Buffer.from(arrival.content));
        return receipt;
      });
      await using relay = await openRelay(listener.port);
      await using web = await start(relay.port);
      const own = { token: token(remote1), ca: certificates.authority.cert };
      await using sender = senderTo(`https://127.0.0.1:${web.port}`, remote1, own);
      const failing = async (): Promise<void> => {
        const failure = await sender.send({ name, content }).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(FerryError);
        expect(failure).toMatchObject({ kind: "transient" });
        relay.mend();
      };
      for (const bytes of [0, 3000, 30_000]) {
        relay.cutAfter(bytes);
        await failing();
      }
      expect(taken).toEqual([]);
      // nginx may not have noticed yet that a connection which it kept is gone: then nothing arrives at all.
      while (taken.length === 0) {
        relay.loseAnswer(() => taken.length > 0);
        await failing();
      }
      // Neither of the two says it again by itself.
      expect(taken).toEqual([content]);
      const again = (): Promise<unknown> =>
        sender.send({ name, content }).catch((error: FerryError) => error.kind);
      let answer = await again();
      while (answer === "transient") answer = await again();
      expect(answer).toEqual(receipt);
      expect(taken).toEqual([content, content]);
    });

    test("a body that stops is answered with 408, and its place is free again", async () => {
      const bounds = { bodyTickMs: 300, uploadsPerSiteMax: 1, turnMs: 60_000 };
      await using listener = await startListener(async () => receipt, { bounds });
      // Apache doesn't hear siteferry's answer before it has given up the body itself.
      await using web = await start(listener.port, 1);
      const slow = secureRequest({
        port: web.port,
        host: "127.0.0.1",
        ca: certificates.authority.cert,
        method: "PUT",
        path: `/v1/sites/remote1/bundles/${name}`,
        headers: { authorization: `Bearer ${token(remote1)}`, "content-length": 100_000 },
      });
      slow.on("error", () => {});
      slow.write("the first bytes");
      const [{ statusCode }] = (await once(slow, "response")) as [IncomingMessage];
      slow.destroy();
      expect(statusCode).toBe(408);
      const own = { token: token(remote1), ca: certificates.authority.cert };
      await using sender = senderTo(`https://127.0.0.1:${web.port}`, remote1, own);
      expect(await sender.send(bundle)).toEqual(receipt);
    });

    test("what isn't siteferry's isn't there", async () => {
      await using listener = await startListener(async () => receipt);
      await using web = await start(listener.port);
      const own = { token: token(remote1), ca: certificates.authority.cert };
      const address = `https://127.0.0.1:${web.port}/elsewhere`;
      await using sender = senderTo(address, remote1, own);
      const nothing = await sender.send(bundle).catch((error: unknown) => error);
      expect(nothing).toBeInstanceOf(FerryError);
      expect(String(nothing)).toMatch(/answers 40[34]/);
    });
  });
}

describe.skipIf(fronts.nginx.missing)("an outbox on nginx", () => {
  const centre = "0123456789abcdef0123456789abcdef";
  const serve = async (dir: string): Promise<AsyncDisposable & { readonly url: URL }> => {
    const { server } = certificates;
    const site = await deployed("nginx/siteferry-outbox.conf", [
      [/listen \[::\]:443 ssl;/g, ""],
      [/listen 443 ssl;/g, "listen 127.0.0.1:PORT ssl;"],
      [/root \/srv\/siteferry;/g, `root ${dir};`],
      [/192\.0\.2\.10/g, "127.0.0.1"],
      [/REPLACE-WITH-THE-TOKEN/g, centre],
      [/\/etc\/ssl\/certs\/.*\.pem/g, server.certPath],
      [/\/etc\/ssl\/private\/.*\.key/g, server.keyPath],
    ]);
    const web = await startNginx((port) => site.replaceAll("PORT", String(port)));
    return Object.assign(web, { url: new URL(`https://127.0.0.1:${web.port}`) });
  };

  describeTransport("http, pulled from nginx", () =>
    openPulledOutbox(serve, { token: centre, ca: certificates.authority.cert }),
  );

  test("without the token nothing is handed out", async () => {
    const own = { token: "x".repeat(32), ca: certificates.authority.cert };
    await using link = await openPulledOutbox(serve, own);
    await expect(link.receiver.incoming(10)).rejects.toMatchObject({ code: "login-refused" });
  });
});

describe.skipIf(missingFor("tinyproxy"))("through tinyproxy", () => {
  const login = { user: "ferry", password: "pass" };

  test("the bundle goes through the tunnel, with the password and not without", async () => {
    const tls = certificates.server;
    await using listener = await startListener(async () => receipt, { tls });
    await using between = await startTinyproxy(listener.port, login);
    const attempt = async (proxy: string): Promise<unknown> => {
      const own = { token: token(remote1), ca: certificates.authority.cert };
      const options = { proxy: new URL(proxy) };
      const address = `https://127.0.0.1:${listener.port}`;
      await using sender = senderTo(address, remote1, own, options);
      return await sender.send(bundle).catch((error: unknown) => error);
    };
    const address = `127.0.0.1:${between.port}`;
    expect(await attempt(`http://ferry:pass@${address}`)).toEqual(receipt);
    const refused = await attempt(`http://${address}`);
    expect(refused).toBeInstanceOf(FerryError);
    expect(String(refused)).toContain("the proxy on the way answers CONNECT with");
  });
});
