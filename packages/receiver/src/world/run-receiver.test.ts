// One run, and a link that takes longer than a run may.

import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { receiverSchema } from "../settings.ts";
import { lookAtReceiver, receiveOnce } from "./run-receiver.ts";

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const hangs = (response: ServerResponse): void => {
  const drip = setInterval(() => response.write("."), 500);
  response.on("close", () => clearInterval(drip));
};
const bundle = "remote1-000000000001-000000000001.keyframe.ferry";
const content = "x".repeat(100_000);

/** A centre that fetches from a server which hands the bundle out as `hand` does, and looks into a directory. */
async function openCentre(hand: (response: ServerResponse) => void) {
  const { path, remove } = await makeTemporaryDirectory("once");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const bundles = [{ name: bundle, sizeBytes: content.length, sha256 }];
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === "/index.json")
      return void response.end(JSON.stringify({ siteferry: 1, bundles }));
    asked += 1;
    hand(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await mkdir(`${path}/in`);
  await writeFile(`${path}/in/other.ferry`, content);
  await writeFile(`${path}/allowed_signers`, "");
  const settings = receiverSchema.parse({
    centre: "central",
    spool: path,
    allowedSigners: `${path}/allowed_signers`,
    sites: { remote1: {} },
    transports: [
      {
        httpPull: {
          site: "remote1",
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
      },
      { drop: { dir: `${path}/in` } },
    ],
    targets: [{ checkresults: { dir: `${path}/unused`, core: "nagios" } }],
  });
  return {
    asked: () => asked,
    receive: async (beginMs: number, wholeMs: number) =>
      await receiveOnce(settings, log, null, { beginMs, wholeMs }),
    troubles: async () => (await lookAtReceiver(settings, log)).troubles,
    inbox: async () => await readdir(`${path}/receiver/inbox`),
    directory: async () => await readdir(`${path}/in`),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await remove();
    },
  };
}

test("a link that never comes to an end: the others are served, and the next run may begin", async () => {
  await using centre = await openCentre(hangs);
  expect(await centre.receive(2000, 4000)).toMatchObject({ taken: 1 });
  expect(await centre.directory()).toEqual([]);
  expect(await centre.receive(2000, 4000)).toMatchObject({ taken: 0 });
  expect(centre.asked()).toBe(2);
});

test("a link that is broken off has failed, and the note of the run says so", async () => {
  await using centre = await openCentre(hangs);
  expect(await centre.receive(1000, 2000)).toMatchObject({ failed: 1 });
  expect(await centre.troubles()).toEqual([
    expect.stringMatching(/^1 failure .*link-timeout: .* is broken off/),
  ]);
});

test("what a link fails at while only its file is waited for is the run's failure", async () => {
  await using centre = await openCentre((response) => {
    setTimeout(() => response.writeHead(500).end(), 3000);
  });
  // What the directory had is refused, as at any time: once.
  const report = await centre.receive(1000, 60_000);
  expect(report).toMatchObject({ failed: 1, taken: 1, refused: 1 });
  const [words] = await centre.troubles();
  expect(words).toMatch(/^1 failure in its last run, .*: link-\w+: .* isn't taken/);
  // It fails in each run, since the first.
  await centre.receive(1000, 60_000);
  expect(await centre.troubles()).toEqual([words]);
});

test("a file on a slow line is waited for and applied, and isn't begun anew by the next run", async () => {
  await using centre = await openCentre((response) => {
    setTimeout(() => response.end(content), 4000);
  });
  expect(await centre.receive(2000, 60_000)).toMatchObject({ taken: 2, refused: 2, failed: 0 });
  expect(await centre.inbox()).toEqual([]);
  expect(await centre.troubles()).toEqual([]);
  expect(await centre.receive(60_000, 60_000)).toMatchObject({ taken: 0, refused: 0 });
  expect(centre.asked()).toBe(1);
});
