import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import {
  configurationHash,
  generateKey,
  loadSigner,
  memberWriter,
  parseAllowedSigners,
  seal,
} from "@siteferry/bundle";
import { dropReceiver } from "@siteferry/carry";
import { bundleTables, type Cells, formatBundleName, parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { receive, type ReceiveReport } from "./receive.ts";
import { receiverSchema } from "./settings.ts";

const site = parseSiteId("remote1")!;
const nowMs = Date.UTC(2026, 10, 1);
const seconds = nowMs / 1000;
const state = [1, 0, 1, 1, seconds, seconds, null, null, 0, 0, "OK", "", "", 0, null, 0];
const webState: Cells = ["web", ...state, null, null, null];

interface Centre extends AsyncDisposable {
  readonly path: string;
  /** Puts a bundle into the drop directory; by default under its own name. */
  put(kind: "config" | "keyframe", sequence: number, name?: string): Promise<void>;
  receive(files?: typeof nodeFiles): Promise<ReceiveReport>;
}

async function makeCentre(): Promise<Centre> {
  const { path, remove } = await makeTemporaryDirectory("receive");
  for (const name of ["link", "results"]) await mkdir(`${path}/${name}`);
  const { privateKey, publicLine } = await generateKey("remote1");
  const signer = await loadSigner(privateKey, "key");
  const signers = parseAllowedSigners(`remote1 ${publicLine}`, "allowed_signers");
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    sites: { remote1: {} },
    transports: [{ drop: { dir: `${path}/link` } }],
    targets: [{ checkresults: { dir: `${path}/results`, core: "nagios" } }],
  });
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  return {
    path,
    async put(kind, sequence, name = formatBundleName({ site, epoch: 1, sequence, kind })) {
      const members = bundleTables[kind].map((table) => {
        const writer = memberWriter(table);
        if (table.name === "host_states") writer.add(webState);
        return writer.finish();
      });
      const source = { program_version: "4", livestatus_version: "1" };
      const identity = { kind, site, epoch: 1, sequence, recipient: settings.centre };
      const times = { createdMs: nowMs, expiresMs: 0 };
      const hash = configurationHash(members);
      const input = { ...identity, ...times, configurationHash: hash, source, members };
      await writeFile(`${path}/link/${name}`, await seal(input, signer));
    },
    receive: async (files = nodeFiles) =>
      await receive({
        world: { files, random, clock: { now: () => nowMs }, log },
        settings,
        spool: `${path}/spool`,
        signers,
        transports: [dropReceiver(files, { dir: `${path}/link`, site: null })],
        groupId: async () => null,
      }),
    [Symbol.asyncDispose]: remove,
  };
}

test("a bundle that a transport delivers again, after newer ones, is no replay", async () => {
  await using centre = await makeCentre();
  await centre.put("config", 1);
  await centre.put("keyframe", 2);
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  await centre.put("config", 1);
  expect(await centre.receive()).toMatchObject({ duplicates: 1, refused: 0 });
});

test("a link may rename files: the numbers in their headers are their order", async () => {
  await using centre = await makeCentre();
  for (let sequence = 1; sequence <= 6; sequence++) {
    await centre.put("keyframe", sequence, `${sequence}.ferry`);
  }
  expect(await centre.receive()).toMatchObject({ accepted: 6, refused: 0 });
});

test("what crashes left in a site's directory goes with the next bundle", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 2);
  await centre.receive();
  const directory = `${centre.path}/spool/sites/remote1`;
  const old = formatBundleName({ site, epoch: 1, sequence: 1, kind: "keyframe" });
  for (const name of [old, ".record.0011223344556677.tmp"]) {
    await writeFile(`${directory}/${name}`, "left by a crash");
  }
  await centre.put("keyframe", 3);
  await centre.receive();
  const kept = formatBundleName({ site, epoch: 1, sequence: 3, kind: "keyframe" });
  expect((await readdir(directory)).sort()).toEqual(["record", "record.previous", kept]);
});

test("results are looked after until the core has read them, though nothing new is known", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1);
  const settled = async (): Promise<boolean> => {
    await centre.receive();
    const [target = ""] = await readdir(`${centre.path}/spool/state`);
    return (await readdir(`${centre.path}/spool/state/${target}`)).includes("remote1.settled");
  };
  expect(await settled()).toBe(false);
  expect(await settled()).toBe(false);
  for (const name of await readdir(`${centre.path}/results`)) {
    await rm(`${centre.path}/results/${name}`);
  }
  expect(await settled()).toBe(true);
});

test("a quarantine that can't be written to holds up its file, not the bundles behind it", async () => {
  await using centre = await makeCentre();
  await writeFile(`${centre.path}/link/a.ferry`, "no bundle");
  await centre.put("keyframe", 1, "z.ferry");
  const files = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      if (to.includes("/quarantine/")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
  };
  expect(await centre.receive(files)).toMatchObject({ accepted: 1, failed: 1, results: 1 });
  expect(await centre.receive()).toMatchObject({ refused: 1, failed: 0 });
});
