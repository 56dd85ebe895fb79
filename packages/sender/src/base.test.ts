import { loadSigner, generateKey, memberWriter, readHeader, sealWithBase } from "@siteferry/bundle";
import { type AnyTable, bundleTables, parseSiteId, statesOnlyTables } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { loadBase, saveBase } from "./base.ts";

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

/** Whether a keyframe of these tables serves as a base after a restart. */
async function serves(tables: readonly AnyTable[]): Promise<boolean> {
  await using directory = await makeTemporaryDirectory("base");
  const { path } = directory;
  const site = parseSiteId("remote1")!;
  const signer = await loadSigner((await generateKey("remote1")).privateKey, "key");
  const { bundle, base } = await sealWithBase(
    {
      kind: "keyframe",
      site,
      recipient: site,
      epoch: 1,
      sequence: 1,
      createdMs: 1,
      expiresMs: 0,
      configurationHash: "0".repeat(64),
      source: { program_version: "", livestatus_version: "" },
      members: tables.map((table) => memberWriter(table).finish()),
    },
    signer,
  );
  await saveBase(nodeFiles, random, path, base);
  const { payloadHash: hash } = readHeader(bundle).unverified;
  const keyframe = {
    sequence: 1,
    hash,
    createdMs: 1,
    sizeBytes: 1,
    configurationHash: "",
    lastDeltaBytes: 0,
    repeats: 0,
  };
  expect(await loadBase(nodeFiles, path, { ...keyframe, hash: "another" })).toBeNull();
  return (await loadBase(nodeFiles, path, keyframe)) !== null;
}

test("the keyframe of a siteferry before comments travelled is no base: all travels anew", async () => {
  expect(await serves(bundleTables.keyframe)).toBe(true);
  expect(await serves(statesOnlyTables.keyframe)).toBe(false);
});
