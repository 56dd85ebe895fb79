import { once } from "node:events";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type FerryError, limits } from "@siteferry/model";
import {
  makeCertificate,
  makeTemporaryDirectory,
  openRelay,
  type TemporaryDirectory,
} from "@siteferry/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";
import { makeTestCertificates, remote1, senderTo, startListener, token } from "./test-http.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const bundle = { name, content: Buffer.from("content") };
const receipt = Buffer.from("receipt\n");

let directory: TemporaryDirectory;
let certificates: Awaited<ReturnType<typeof makeTestCertificates>>;
beforeAll(async () => {
  directory = await makeTemporaryDirectory("send");
  certificates = await makeTestCertificates(directory.path);
});
afterAll(async () => await directory.remove());

const failure = async (work: Promise<unknown>): Promise<FerryError> =>
  await work.then(
    () => expect.fail("it went well"),
    (error: unknown) => error as FerryError,
  );

async function serving<AnyServer extends Server | ReturnType<typeof createServer>>(
  server: AnyServer,
): Promise<AsyncDisposable & { readonly port: number; readonly server: AnyServer }> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => open.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** What a sender says of a server that behaves like this. */
async function saidOf(listener: RequestListener): Promise<FerryError> {
  await using web = await serving(createHttp(listener));
  await using sender = senderTo(`http://127.0.0.1:${web.port}`, remote1);
  return await failure(sender.send(bundle));
}

/** The same of one that isn't even a web server. */
async function saidOfBytes(answer: string): Promise<FerryError> {
  await using server = await serving(createServer((socket) => socket.end(answer)));
  await using sender = senderTo(`http://127.0.0.1:${server.port}`, remote1);
  return await failure(sender.send(bundle));
}

describe("answers", () => {
  test("R59 a redirect isn't followed, and says where it points", async () => {
    let requests = 0;
    const plain = await saidOf((_, response) => {
      requests += 1;
      response.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
    expect(plain).toMatchObject({ code: "link-protocol", kind: "transient" });
    expect(plain.message).toContain("points to http://127.0.0.1:1/elsewhere, which isn't followed");
    expect(requests).toBe(1);
  });

  test.each([
    [401, "login-refused"],
    [403, "login-refused"],
    [404, "link-protocol"],
    [408, "link-timeout"],
    [413, "link-protocol"],
    [422, "centre-refused"],
    [429, "receiver-busy"],
    [500, "link-protocol"],
    [502, "link-unreachable"],
    [503, "receiver-busy"],
    [504, "link-timeout"],
    [201, "link-protocol"],
  ])("%d is %s", async (status, code) => {
    const said = await saidOf((_, response) => response.writeHead(status).end("a\u001b[31mpage"));
    expect(said.code).toBe(code);
    expect(said.message).toContain(`answers ${status} (a\\x1b[31mpage)`);
  });

  test("a receipt over the limit isn't read, a page over the limit is cut", async () => {
    const endless: RequestListener = (request, response) => {
      const { pathname } = new URL(request.url!, "http://x");
      response.writeHead(pathname.includes("remote1-0") ? 200 : 500);
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(10_000)));
      };
      response.on("drain", more);
      more();
    };
    const said = await saidOf(endless);
    expect(said.code).toBe("link-protocol");
    expect(said.message).toContain(`more than ${limits.receiptBytesMax} bytes`);
    const page = await saidOf((_, response) => {
      response.writeHead(502).end("x".repeat(100_000));
    });
    expect(page.code).toBe("link-unreachable");
  });

  test("Retry-After in seconds, as a date, in the past, absurd, and as nonsense", () => {
    const now = Date.UTC(2026, 10, 21, 12, 0, 0);
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter("Sat, 21 Nov 2026 12:00:30 GMT", now)).toBe(30_000);
    expect(parseRetryAfter("Sat, 21 Nov 2020 12:00:30 GMT", now)).toBe(0);
    expect(parseRetryAfter("99999999", now)).toBe(3_600_000);
    expect(parseRetryAfter("soon", now)).toBeNull();
    expect(parseRetryAfter(undefined, now)).toBeNull();
    expect(parseRetryAfter(["1", "2"], now)).toBeNull();
  });

  test("429 and 503 bring their time along", async () => {
    const said = await saidOf((_, response) =>
      response.writeHead(429, { "retry-after": "7" }).end(),
    );
    expect(said).toMatchObject({ code: "receiver-busy", retryAfterMs: 7_000 });
    const bare = await saidOf((_, response) => response.writeHead(503).end());
    expect(bare).toMatchObject({ code: "receiver-busy", retryAfterMs: null });
  });

  test("what isn't HTTP, or breaks off, is no answer", async () => {
    expect(await saidOfBytes("SSH-2.0-OpenSSH_9.2\r\n")).toMatchObject({ code: "link-protocol" });
    const huge = `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`;
    expect(await saidOfBytes(huge)).toMatchObject({ code: "link-protocol" });
    expect(await saidOfBytes("")).toMatchObject({ code: "link-unreachable" });
    const half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    expect(await saidOfBytes(half)).toMatchObject({ kind: "transient" });
  });
});

describe("the line", () => {
  test("nobody there, and no such name", async () => {
    const gone = await serving(createServer());
    await gone[Symbol.asyncDispose]();
    await using sender = senderTo(`http://127.0.0.1:${gone.port}`, remote1);
    const error = await failure(sender.send(bundle));
    expect(error).toMatchObject({ code: "link-unreachable" });
    expect(error.message).toContain(`http://127.0.0.1:${gone.port}: `);
    expect(error.message).toContain("ECONNREFUSED");
    await using nameless = senderTo("https://nowhere.invalid", remote1);
    expect(await failure(nameless.send(bundle))).toMatchObject({ code: "link-unreachable" });
  });

  test("a line that stands still, before the answer or within the body, is given up", async () => {
    await using listener = await startListener(async () => receipt);
    await using relay = await openRelay(listener.port);
    const address = `http://127.0.0.1:${relay.port}`;
    await using sender = senderTo(address, remote1, undefined, { timeoutMs: 300 });
    relay.stall();
    expect(await failure(sender.send(bundle))).toMatchObject({
      code: "link-timeout",
      kind: "transient",
    });
    relay.mend();
    expect(await sender.send(bundle)).toEqual(receipt);
  });

  test.each([
    ["stops", false],
    ["drips", true],
  ])("an answer that %s is given up", async (_, drips) => {
    await using web = await serving(
      createHttp((_request, response) => {
        response.writeHead(200);
        response.write("r");
        const drops = setInterval(() => drips && response.write("e"), 20);
        response.on("close", () => clearInterval(drops));
      }),
    );
    const address = `http://127.0.0.1:${web.port}`;
    await using sender = senderTo(address, remote1, undefined, { timeoutMs: 300 });
    expect(await failure(sender.send(bundle))).toMatchObject({ code: "link-timeout" });
  });

  test("one connection serves many bundles, and a listener that began anew is found again", async () => {
    const listener = await startListener(async () => receipt);
    let connections = 0;
    let port = listener.port;
    await using counting = await serving(
      createServer((client) => {
        connections += 1;
        const upstream = connect(port, "127.0.0.1");
        client.pipe(upstream).pipe(client);
        for (const socket of [client, upstream]) socket.on("error", () => {});
      }),
    );
    await using sender = senderTo(`http://127.0.0.1:${counting.port}`, remote1);
    for (let number = 0; number < 5; number++) expect(await sender.send(bundle)).toEqual(receipt);
    expect(connections).toBe(1);
    await listener.close();
    await using again = await startListener(async () => receipt);
    port = again.port;
    // The first attempt may still meet the old connection, and says so.
    const first = await sender.send(bundle).catch((error: FerryError) => error.kind);
    expect(["transient", receipt]).toContainEqual(first);
    expect(await sender.send(bundle)).toEqual(receipt);
  });
});

describe("certificates of the centre", () => {
  test("of an unknown authority, out of date, for another name: never a byte of the bundle", async () => {
    const { authority, server } = certificates;
    const of = (label: string, options: object) =>
      makeCertificate(directory.path, label, { authority, ...options });
    const expired = await of("expired", { isExpired: true });
    const elsewhere = await of("elsewhere", { names: "DNS:elsewhere.example" });
    const stranger = await makeCertificate(directory.path, "stranger");
    const attempt = async (tls: typeof server, ca: string | null): Promise<unknown> => {
      await using listener = await startListener(async () => receipt, { tls });
      const own = { token: token(remote1), ca };
      await using sender = senderTo(`https://127.0.0.1:${listener.port}`, remote1, own);
      return await sender
        .send(bundle)
        .catch((error: FerryError) => `${error.code} ${error.message} ${error.advice}`);
    };
    expect(await attempt(server, authority.cert)).toEqual(receipt);
    const ofNobody = await attempt(server, null);
    expect(ofNobody).toMatch(/^peer-unknown .* name that one's certificate as `ca`/);
    expect(ofNobody).not.toContain("Node.js");
    expect(await attempt(server, stranger.cert)).toContain("peer-unknown");
    expect(await attempt(expired, authority.cert)).toMatch(/^peer-unknown .*CERT_HAS_EXPIRED/);
    expect(await attempt(elsewhere, authority.cert)).toMatch(
      /^peer-unknown .*ALTNAME.*owner before/,
    );
  });

  test("a server without TLS behind https://, and the other way round", async () => {
    const { server } = certificates;
    await using plain = await startListener(async () => receipt);
    await using secure = await startListener(async () => receipt, { tls: server });
    await using toPlain = senderTo(`https://127.0.0.1:${plain.port}`, remote1);
    await using toSecure = senderTo(`http://127.0.0.1:${secure.port}`, remote1);
    expect(await failure(toPlain.send(bundle))).toMatchObject({ code: "link-protocol" });
    expect(await failure(toSecure.send(bundle))).toMatchObject({ kind: "transient" });
  });
});

describe("proxies", () => {
  afterEach(() => vi.unstubAllEnvs());

  /** Answers CONNECT with `status`; with 200 it is the proxy that it should be. */
  async function proxy(status: number): ReturnType<typeof serving> {
    const server = createHttp((_, response) => response.writeHead(400).end());
    server.on("connect", (request, client: Socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
      client.on("error", () => {});
      if (status === 0) return;
      client.write(`HTTP/1.1 ${status} x\r\n\r\n`);
      if (status !== 200) return void client.end();
      const upstream = connect(Number(request.url!.split(":").at(-1)), "127.0.0.1");
      upstream.on("error", () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    return await serving(server);
  }
  let asked: string[] = [];
  afterEach(() => (asked = []));

  async function sendThrough(
    status: number,
    use: (port: number) => URL | "none" | null,
  ): Promise<unknown> {
    const { authority, server } = certificates;
    await using listener = await startListener(async () => receipt, { tls: server });
    await using between = await proxy(status);
    const own = { token: token(remote1), ca: authority.cert };
    const options = { proxy: use(between.port), timeoutMs: 1_000 };
    const address = `https://127.0.0.1:${listener.port}`;
    await using sender = senderTo(address, remote1, own, options);
    return await sender.send(bundle).catch((error: FerryError) => `${error.code} ${error.message}`);
  }

  test("the proxy that is named sees a tunnel and no more", async () => {
    const answer = await sendThrough(200, (port) => new URL(`http://me:pw@127.0.0.1:${port}`));
    expect(answer).toEqual(receipt);
    expect(asked).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ Basic bWU6cHc=$/)]);
  });

  test("HTTPS_PROXY counts, NO_PROXY excepts, and `none` asks neither", async () => {
    vi.stubEnv("NO_PROXY", "");
    const byEnvironment = (port: number): null => {
      vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${port}`);
      return null;
    };
    expect(await sendThrough(200, byEnvironment)).toEqual(receipt);
    expect(asked).toHaveLength(1);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    expect(await sendThrough(200, byEnvironment)).toEqual(receipt);
    vi.stubEnv("NO_PROXY", "");
    const none = (port: number): "none" => {
      byEnvironment(port);
      return "none";
    };
    expect(await sendThrough(200, none)).toEqual(receipt);
    expect(asked).toHaveLength(1);
  });

  test("a proxy that refuses, wants a password, says nothing, or is no URL", async () => {
    const named = (port: number): URL => new URL(`http://127.0.0.1:${port}`);
    expect(await sendThrough(403, named)).toContain("link-unreachable");
    expect(await sendThrough(407, named)).toContain("login-refused");
    expect(await sendThrough(0, named)).toContain("link-timeout");
    vi.stubEnv("HTTPS_PROXY", "not a url");
    vi.stubEnv("NO_PROXY", "");
    expect(await sendThrough(200, () => null)).toContain("settings-invalid");
  });

  test("in clear nothing goes to a proxy of the environment: it would see the token", async () => {
    await using between = await proxy(200);
    vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${between.port}`);
    vi.stubEnv("NO_PROXY", "");
    await using listener = await startListener(async () => receipt);
    const address = `http://127.0.0.1:${listener.port}`;
    await using sender = senderTo(address, remote1, undefined, { proxy: null });
    expect(await sender.send(bundle)).toEqual(receipt);
    expect(asked).toEqual([]);
  });
});
