import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { FerryError, limits, Refusal } from "@siteferry/model";
import { makeCertificate, makeTemporaryDirectory } from "@siteferry/testkit";
import { describe, expect, test } from "vitest";
import { Busy } from "../../transport.ts";
import { parseFingerprint } from "./access.ts";
import { type HttpListener, httpListener } from "./listen.ts";
import {
  byToken,
  makeTestCertificates,
  remote1,
  remote2,
  say,
  senderTo,
  startListener,
  token,
} from "./test-http.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const path = `/v1/sites/remote1/bundles/${name}`;
const bundle = { name, content: Buffer.from("content") };
const receipt = Buffer.from("receipt\n");
const authorised = `Host: x\r\nAuthorization: Bearer ${token(remote1)}\r\n`;

const failure = async (work: Promise<unknown>): Promise<FerryError> =>
  await work.then(
    () => expect.fail("it went well"),
    (error: unknown) => error as FerryError,
  );

const never = async (): Promise<never> => expect.fail("the door was reached");

describe("who may not", () => {
  test("a wrong token, another site's, a site that isn't known, and none: 401, and all the same", async () => {
    const warnings: FerryError[] = [];
    await using listener = await startListener(never, { warnings });
    const answers = new Set<string>();
    for (const [site, given] of [
      [remote1, "x".repeat(32)],
      [remote1, token(remote2)],
      ["unknown", token(remote1)],
      ["unknown", ""],
      [remote1, ""],
    ]) {
      const target = path.replaceAll("remote1", site!);
      const head = `PUT ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${given}\r\n`;
      const { answer, socket } = await say(listener, `${head}Content-Length: 9\r\n\r\n`, /}\n/);
      socket.destroy();
      answers.add(answer.replace(/Date: .*/, ""));
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toMatch(/^HTTP\/1.1 401 /);
    expect(warnings).toHaveLength(5);
    expect(warnings[0]).toMatchObject({ code: "login-refused" });
    expect(String(warnings[0])).toContain("http:127.0.0.1 came as remote1");
  });

  test("strangers don't fill the log", async () => {
    const warnings: FerryError[] = [];
    await using listener = await startListener(never, { warnings });
    await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote1, { token: "x" });
    for (let attempt = 0; attempt < 15; attempt++) {
      expect(await failure(sender.send(bundle))).toMatchObject({ code: "login-refused" });
    }
    expect(warnings).toHaveLength(10);
  });

  test("a refused sender reads why, also when its bundle is far too large for the line's buffers", async () => {
    await using listener = await startListener(never);
    await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote1, { token: "x" });
    const content = Buffer.alloc(32 * 1024 * 1024);
    const error = await failure(sender.send({ name, content }));
    expect(error).toMatchObject({ code: "login-refused" });
    expect(error.message).toContain("answers 401 (No token of this site)");
  });

  test("the line of a refused sender isn't cut before it has read the answer", async () => {
    await using listener = await startListener(never);
    const socket = connect(listener.port, "127.0.0.1");
    const body = Buffer.alloc(16 * 1024 * 1024);
    socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    const written = Promise.withResolvers<Error | null | undefined>();
    socket.write(body, written.resolve);
    expect(await written.promise).toBeFalsy();
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });

  test("nobody is asked for a body before the login", async () => {
    await using listener = await startListener(async () => receipt);
    const head = `PUT ${path} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 7\r\n`;
    const stranger = await say(listener, `${head}Host: x\r\n\r\n`, /}\n/);
    expect(stranger.answer).toMatch(/^HTTP\/1.1 401 /);
    stranger.socket.destroy();
    const friend = await say(listener, `${head}${authorised}\r\n`, /\r\n\r\n/);
    expect(friend.answer).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    friend.socket.write("content");
    const [answer] = await once(friend.socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
    friend.socket.destroy();
  });

  test("only the pinned certificate passes, only for its site, and only while it is in date", async () => {
    await using directory = await makeTemporaryDirectory("pinned");
    const { authority, server, sites } = await makeTestCertificates(directory.path);
    const expired = await makeCertificate(directory.path, "expired", { isExpired: true });
    const fingerprint = (cert: string): string =>
      parseFingerprint(new X509Certificate(cert).fingerprint256)!;
    const pinned = (cert: string) => ({ token: null, certificate: fingerprint(cert) });
    const access = new Map([
      [remote1, pinned(sites.get(remote1)!.cert)],
      [remote2, pinned(expired.cert)],
    ]);
    await using listener = await startListener(async () => receipt, { tls: server, access });
    const address = `https://127.0.0.1:${listener.port}`;
    const attempt = async (site: typeof remote1, own: object): Promise<unknown> => {
      await using sender = senderTo(address, site, { ca: authority.cert, ...own });
      const content = { ...bundle, name: name.replace("remote1", site) };
      return await sender.send(content).catch((error: FerryError) => error.message);
    };
    expect(await attempt(remote1, sites.get(remote1)!)).toEqual(receipt);
    const no = "403 (No certificate of this site)";
    expect(await attempt(remote1, sites.get(remote2)!)).toContain(no);
    expect(await attempt(remote2, sites.get(remote1)!)).toContain(no);
    expect(await attempt(remote1, { token: token(remote1) })).toContain(no);
    expect(await attempt(remote2, expired)).toContain("403 (The certificate is out of date)");
  });
});

describe("what is no upload", () => {
  test("every other path and method is answered with 404, another site's name with 403", async () => {
    await using listener = await startListener(never);
    const status = async (line: string): Promise<string | undefined> => {
      const text = `${line} HTTP/1.1\r\n${authorised}Connection: close\r\n\r\n`;
      return (await say(listener, text)).answer.split(" ")[1];
    };
    expect(await status("GET /v1/health")).toBe("200");
    for (const line of [
      "GET /",
      `GET ${path}`,
      `POST ${path}`,
      `PUT ${path}?x`,
      "PUT /v1/sites/remote1/bundles/..%2f..%2fetc",
      "PUT /v1/sites/REMOTE/bundles/x",
      "PUT /v1/health",
    ]) {
      expect(await status(line), line).toBe("404");
    }
    expect(await status(`PUT ${path.replace("remote1/", "remote2/")}`)).toBe("403");
  });

  test("a site may ask whether it would be let in, nobody else hears more than of an upload", async () => {
    await using listener = await startListener(never);
    const ask = async (of: string, login: string): Promise<string | undefined> => {
      const text = `GET /v1/sites/${of}/access HTTP/1.1\r\nHost: x\r\n${login}Connection: close\r\n\r\n`;
      return (await say(listener, text)).answer.split(" ")[1];
    };
    const login = authorised.replace(/^Host:.*\r\n/im, "");
    expect(await ask("remote1", login)).toBe("200");
    expect(await ask("remote2", login)).toBe("401");
    expect(await ask("nobody", login)).toBe("401");
    expect(await ask("remote1", "")).toBe("401");
    expect(await ask("REMOTE", login)).toBe("404");
  });

  test("R59 a body without a length, or over the limit, is refused before it is read", async () => {
    await using listener = await startListener(never);
    const head = `PUT ${path} HTTP/1.1\r\n${authorised}`;
    const without = await say(listener, `${head}Connection: close\r\n\r\n`);
    expect(without.answer).toMatch(/^HTTP\/1.1 411 /);
    const length = limits.bundleBytesMax + 1;
    const { answer, socket } = await say(listener, `${head}Content-Length: ${length}\r\n\r\n`, /}/);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test("R59 a body that isn't as long as it says never reaches the door", async () => {
    let visits = 0;
    const door = async (): Promise<Uint8Array> => {
      visits += 1;
      return receipt;
    };
    await using listener = await startListener(door, { bounds: { bodyTickMs: 50 } });
    const head = `PUT ${path} HTTP/1.1\r\n${authorised}`;
    // Shorter than it says, by the line's end and by its silence; two lengths; a length and chunks.
    const early = connect(listener.port, "127.0.0.1")
      .on("error", () => {})
      .resume();
    early.end(`${head}Content-Length: 10\r\n\r\nshort`);
    await once(early, "close");
    const silent = await say(listener, `${head}Content-Length: 10\r\n\r\nshort`, /}/);
    expect(silent.answer).toMatch(/^HTTP\/1.1 408 /);
    for (const second of ["Content-Length: 6", "Transfer-Encoding: chunked"]) {
      const lengths = `Content-Length: 5\r\n${second}\r\nConnection: close`;
      const { answer } = await say(listener, `${head}${lengths}\r\n\r\nshort`);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
    }
    expect(visits).toBe(0);
    // Longer than it says: the rest would be another request, and is none.
    const more = await say(listener, `${head}Content-Length: 5\r\n\r\nshort and more`);
    expect(more.answer).toMatch(/HTTP\/1.1 400 /);
  });

  test("R59 a body without end is cut off at the limit", async () => {
    await using listener = await startListener(never);
    const socket = connect(listener.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`PUT ${path} HTTP/1.1\r\n${authorised}Transfer-Encoding: chunked\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024);
    const more = (): void => {
      while (socket.write(Buffer.concat([Buffer.from("100000\r\n"), piece, Buffer.from("\r\n")])));
    };
    socket.on("drain", more);
    more();
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });
});

describe("what the door says", () => {
  async function sentTo(door: () => Promise<Uint8Array | null>): Promise<unknown> {
    await using listener = await startListener(door);
    await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote1);
    return await sender.send(bundle).catch((error: unknown) => error);
  }
  const says = (error: Error) => async (): Promise<never> => {
    throw error;
  };

  test("a receipt goes back as it is, and so does none", async () => {
    expect(await sentTo(async () => receipt)).toEqual(receipt);
    expect(await sentTo(async () => null)).toBeNull();
  });

  test("a refusal is told at the centre, too: nothing else of it stays", async () => {
    const warnings: FerryError[] = [];
    const refuses = says(new Refusal("key-unknown", "no such key"));
    await using listener = await startListener(refuses, { warnings });
    await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote1);
    expect(await failure(sender.send(bundle))).toMatchObject({ code: "centre-refused" });
    expect(warnings).toMatchObject([{ code: "key-unknown" }]);
  });

  test("a refusal is final, with the reason", async () => {
    const refused = await sentTo(says(new Refusal("key-unknown", "no such key\u001b[31m")));
    expect(refused).toMatchObject({ code: "centre-refused", kind: "refused" });
    expect(String(refused)).toContain("422 (key-unknown: no such key\\x1b[31m)");
  });

  test("busy comes back with its time, another failure without a word of it", async () => {
    expect(await sentTo(says(new Busy("full", 7_000)))).toMatchObject({ retryAfterMs: 7_000 });
    const full = new FerryError("disk-nearly-full", "/var/secret is full");
    expect(await sentTo(says(full))).toMatchObject({ retryAfterMs: 60_000 });
    expect(String(await sentTo(says(full)))).not.toContain("secret");
    const noSpace = Object.assign(new Error("/var/secret"), { code: "ENOSPC" });
    expect(await sentTo(says(noSpace))).toMatchObject({ retryAfterMs: 60_000 });
    const broken = await sentTo(says(new TypeError("/var/secret")));
    expect(broken).toMatchObject({ code: "link-protocol", kind: "transient" });
    expect(String(broken)).not.toContain("secret");
  });
});

describe("files", () => {
  test("what was renewed counts without a restart; what is half renewed leaves the old in force", async () => {
    await using directory = await makeTemporaryDirectory("renewed");
    const { authority, server } = await makeTestCertificates(directory.path);
    const next = await makeCertificate(directory.path, "next");
    let tls = { cert: server.cert, key: server.key };
    const heard: FerryError[] = [];
    let looked = Promise.withResolvers<void>();
    const listener: HttpListener = httpListener({
      listen: { host: "127.0.0.1", port: 0 },
      secrets: async () => {
        looked.resolve();
        return { tls, access: byToken };
      },
      warn: (warning) => heard.push(warning),
      reloadMs: 20,
    });
    await listener.listen(async () => receipt);
    const attempt = async (ca: string): Promise<unknown> => {
      const own = { ca, token: token(remote1) };
      await using sender = senderTo(`https://127.0.0.1:${listener.port}`, remote1, own);
      return await sender.send(bundle).catch((error: FerryError) => error.code);
    };
    const nextLook = async (): Promise<void> => {
      // The second look begins when the first is over.
      for (let look = 0; look < 2; look++) {
        looked = Promise.withResolvers<void>();
        await looked.promise;
      }
    };
    expect(await attempt(authority.cert)).toEqual(receipt);
    tls = { cert: next.cert, key: server.key };
    await nextLook();
    expect(heard[0]).toMatchObject({ code: "key-unusable" });
    expect(await attempt(authority.cert)).toEqual(receipt);
    tls = { cert: next.cert, key: next.key };
    await nextLook();
    expect(await attempt(next.cert)).toEqual(receipt);
    expect(await attempt(authority.cert)).toBe("peer-unknown");
    await listener.close();
  });

  test("it doesn't listen in clear to the network, nor where somebody else does", async () => {
    const on = async (host: string, port: number): Promise<void> => {
      const secrets = async () => ({ tls: null, access: byToken });
      await httpListener({ listen: { host, port }, secrets, warn: () => {} }).listen(never);
    };
    await expect(on("0.0.0.0", 0)).rejects.toMatchObject({ code: "settings-invalid" });
    await using listener = await startListener(never);
    const taken = await failure(on("127.0.0.1", listener.port));
    expect(taken.message).toContain(`Listening on 127.0.0.1:${listener.port}`);
  });
});
