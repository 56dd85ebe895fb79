import { mkdir, readdir, rm } from "node:fs/promises";
import { generateKey, loadSigner } from "@siteferry/bundle";
import { dropSender } from "@siteferry/carry";
import { connect, parseAddress, serve } from "@siteferry/livestatus";
import { type FileSystem, parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { type FakeSite, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { send } from "./send.ts";
import { senderSchema } from "./settings.ts";
import { shipOnce } from "./ship.ts";

interface Remote extends AsyncDisposable {
  readonly site: FakeSite;
  /** One run, `seconds` later; the kinds of what was sealed, and what was repeated. */
  run(
    seconds: number,
    files?: FileSystem,
  ): Promise<{ kinds: string; repeated: number; arrived: readonly string[] }>;
}

async function makeRemote(): Promise<Remote> {
  const { path, remove } = await makeTemporaryDirectory("send");
  await mkdir(`${path}/out`);
  let nowMs = 1_795_000_000_000;
  const clock = { now: () => nowMs };
  const site = makeFakeSite({ hosts: 10, servicesPerHost: 10, seed: 1, clock });
  const address = parseAddress(`unix:${path}/live`);
  const server = await serve(address, site.source, { flavour: "naemon" });
  const settings = senderSchema.parse({
    site: "remote1",
    centre: "central",
    livestatus: `unix:${path}/live`,
    key: "/unused",
    transports: [{ drop: { dir: `${path}/out` } }],
  });
  const { privateKey } = await generateKey("remote1");
  const signer = await loadSigner(privateKey, "key");
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  return {
    site,
    async run(seconds, files = nodeFiles) {
      nowMs += seconds * 1000;
      const world = { clock, random, files, log };
      const dir = `${path}/out`;
      const shipping = shipOnce([dropSender(world, { dir, site: parseSiteId("remote1")! })]);
      const spool = `${path}/spool`;
      const life = "this one";
      const connected = (): ReturnType<typeof connect> => connect(address);
      const sender = { world, settings, spool, signer, life, connect: connected, shipping };
      const { sealed, repeated } = await send(sender);
      const arrived = (await readdir(dir)).map((name) => name.split(".")[1]!);
      for (const name of await readdir(dir)) await rm(`${dir}/${name}`);
      return { kinds: sealed.map(({ kind }) => kind).join(" "), repeated, arrived };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await remove();
    },
  };
}

test("all of it first, then what changed; all again after an hour, with the configuration", async () => {
  await using remote = await makeRemote();
  expect((await remote.run(0)).kinds).toBe("config keyframe");
  remote.site.tick();
  expect((await remote.run(60)).kinds).toBe("delta");
  expect((await remote.run(60)).kinds).toBe("delta");
  expect((await remote.run(3600)).kinds).toBe("config keyframe");
});

test("on a link that can't tell of a loss the keyframe travels again, twice, spaced", async () => {
  await using remote = await makeRemote();
  await remote.run(0);
  const runs = [];
  for (let minutes = 10; minutes < 60; minutes += 10) runs.push(await remote.run(600));
  expect(runs.map(({ repeated }) => repeated)).toEqual([0, 2, 0, 2, 0]);
  const keyframes = runs.map(({ arrived }) => arrived.includes("keyframe"));
  expect(keyframes).toEqual([false, true, false, true, false]);
});

test("a keyframe that was published but not remembered is no base, and neither is the one before", async () => {
  await using remote = await makeRemote();
  await remote.run(0);
  const failing: FileSystem = {
    ...nodeFiles,
    async rename(from, to) {
      if (to.endsWith("/base")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
  };
  await expect(remote.run(3600, failing)).rejects.toThrow("full");
  expect((await remote.run(60)).kinds).toContain("keyframe");
});
