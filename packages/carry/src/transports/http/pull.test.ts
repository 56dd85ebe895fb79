import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createPlainServer } from "node:net";
import type { FerryError, SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { assert, asyncProperty, nat, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIndex } from "../../outbox-index.ts";
import { describeTransport } from "../../transport-contract.ts";
import { describeFaults } from "../../line-contract.ts";
import type { ReceivingTransport } from "../../transport.ts";
import { dropSender } from "../drop/send.ts";
import { noSecrets, openPulledOutbox, remote1, remote2 } from "./test-http.ts";
import { httpPullReceiver } from "./pull.ts";

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const world = { files: nodeFiles, random };
const name = (sequence: number, kind = "keyframe"): string =>
  `remote1-000000000001-${String(sequence).padStart(12, "0")}.${kind}.ferry`;

/** A web server as simple as they come; what `answers` has is not asked of the disk. */
async function serve(
  dir: string,
  answers: ReadonlyMap<string, Uint8Array | number> = new Map(),
): Promise<AsyncDisposable & { readonly url: URL; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const said = answers.get(request.url!) ?? readFile(`${dir}${request.url!}`).catch(() => 404);
    void Promise.resolve(said).then((answer) =>
      typeof answer === "number" ? response.writeHead(answer).end() : response.end(answer),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const openPulled = () => openPulledOutbox(async (dir) => await serve(dir));
describeTransport("http, pulled from a directory", openPulled);
describeFaults("http, pulled from a directory", openPulled);

/** One outbox, served; `receiver` begins anew each time it is called, as after a restart. */
async function outbox(answers?: ReadonlyMap<string, Uint8Array | number>) {
  const directory = await makeTemporaryDirectory("pull");
  const stateDirectory = `${directory.path}.state`;
  const web = await serve(directory.path, answers);
  const opened: ReceivingTransport[] = [];
  return {
    dir: directory.path,
    stateDirectory,
    web,
    sender: dropSender(world, { dir: directory.path, site: remote1, collapse: true, index: true }),
    receiver(site: SiteId = remote1): ReceivingTransport {
      const receiver = httpPullReceiver(world, {
        url: web.url,
        secrets: async () => noSecrets,
        proxy: "none",
        timeoutMs: 1_000,
        site,
        stateDirectory,
      });
      opened.push(receiver);
      return receiver;
    },
    async [Symbol.asyncDispose]() {
      for (const receiver of opened) await receiver.close();
      await web[Symbol.asyncDispose]();
      await directory.remove();
    },
  };
}

const send = async (sender: ReturnType<typeof dropSender>, bundle: string): Promise<void> =>
  void (await sender.send({ name: bundle, content: Buffer.from(bundle) }));

describe("what was fetched", () => {
  test("isn't fetched again, also after a restart; what is new is", async () => {
    await using at = await outbox();
    await send(at.sender, name(1));
    for (const file of await at.receiver().incoming(10)) {
      expect(String(await file.read())).toBe(name(1));
      await file.remove();
    }
    expect(await at.receiver().incoming(10)).toEqual([]);
    await send(at.sender, name(2, "delta"));
    const [next, ...more] = await at.receiver().incoming(10);
    expect([next!.name, more]).toEqual([name(2, "delta"), []]);
    expect(at.web.asked.filter((path) => path === `/${name(1)}`)).toHaveLength(1);
  });

  test("is forgotten when the outbox has it no more, and a lost memory only costs a second look", async () => {
    await using at = await outbox();
    for (const sequence of [1, 2, 3]) {
      await send(at.sender, name(sequence));
      for (const file of await at.receiver().incoming(10)) await file.remove();
    }
    const [state] = (await readdir(at.stateDirectory)).sort();
    const text = await readFile(`${at.stateDirectory}/${state!}`, "utf8");
    expect(text.match(/\.ferry/g)).toHaveLength(1);
    for (const file of await readdir(at.stateDirectory)) {
      await writeFile(`${at.stateDirectory}/${file}`, "damaged");
    }
    expect(await at.receiver().incoming(10)).toHaveLength(1);
  });
});

describe("a server that isn't what it should be", () => {
  const entry = { name: name(1), sizeBytes: 3, sha256: "0".repeat(64) };
  const index = (bundles: readonly object[]): Map<string, Uint8Array> =>
    new Map([["/index.json", formatIndex(bundles as (typeof entry)[])]]);

  test.each([
    ["a path", { ...entry, name: "../../etc/passwd.ferry" }],
    ["a size over the limit", { ...entry, sizeBytes: 2 ** 40 }],
    ["a size below zero", { ...entry, sizeBytes: -1 }],
    ["no hash", { ...entry, sha256: "x" }],
    ["nothing", null as unknown as object],
  ])("an index with %s is none", async (_, bad) => {
    const text = JSON.stringify({ siteferry: 1, bundles: [bad] });
    await using at = await outbox(new Map([["/index.json", Buffer.from(text)]]));
    await expect(at.receiver().incoming(10)).rejects.toMatchObject({ code: "link-protocol" });
  });

  test("no index, a page, a huge one, a redirect", async () => {
    const bad: readonly (Uint8Array | number)[] = [
      404,
      301,
      Buffer.from("<html>"),
      Buffer.from("[]"),
      Buffer.alloc(300_000, " "),
    ];
    for (const answer of bad) {
      await using at = await outbox(new Map([["/index.json", answer]]));
      await expect(at.receiver().incoming(10)).rejects.toMatchObject({ code: "link-protocol" });
    }
  });

  test("a few random bytes in an answer are a failure of the link, or change nothing", async () => {
    const body = JSON.stringify({ siteferry: 1, bundles: [] });
    const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    let answer = Buffer.from(whole);
    const server = createPlainServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const receiver = httpPullReceiver(world, {
      url: new URL(`http://127.0.0.1:${port}`),
      secrets: async () => noSecrets,
      proxy: "none",
      timeoutMs: 5_000,
      site: remote1,
      stateDirectory: "/none",
    });
    const bytes = uint8Array({ maxLength: 8 });
    await assert(
      asyncProperty(nat(whole.length), nat(8), bytes, async (at, gone, put) => {
        const parts = [whole.slice(0, at), Buffer.from(put), whole.slice(at + gone)];
        answer = Buffer.concat(parts.map((part) => Buffer.from(part)));
        const outcome = await receiver.incoming(10).then(
          ({ length }) => `${length} files`,
          (error: FerryError) => error.code,
        );
        expect(outcome).toMatch(/^(?:0 files$|link-|login-)/);
      }),
      { seed: 7, numRuns: 500 },
    );
    await receiver.close();
    server.close();
  });

  test("bundles of another site aren't even asked for", async () => {
    await using at = await outbox(index([entry]));
    expect(await at.receiver(remote2).incoming(10)).toEqual([]);
  });

  test("a file that is cut, other, longer or gone isn't taken, and is asked for again", async () => {
    const path = `/${name(1)}`;
    const bad: readonly (Uint8Array | number)[] = [
      ...["ab", "abc", "abcd"].map((text) => Buffer.from(text)),
      404,
    ];
    for (const answer of bad) {
      await using at = await outbox(new Map([...index([entry]), [path, answer]]));
      const [file] = await at.receiver().incoming(10);
      await expect(file!.read()).rejects.toMatchObject({ code: "link-protocol" });
      expect(await at.receiver().incoming(10)).toHaveLength(1);
    }
  });
});
