// The receiver's own refusals, from the link to the note in the quarantine: each with its number and
// its code, and nothing of it applied.

import { limits } from "@siteferry/model";
import { listQuarantine, nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { type Centre, makeCentre, nowMs, remote2 } from "./test-centre.ts";

/** Receives what was put; what lies in the quarantine then, by code and number. */
async function refused(centre: Centre): Promise<readonly string[]> {
  await centre.receive();
  const files = await listQuarantine(nodeFiles, `${centre.path}/receiver/quarantine`);
  return files.map(({ note }) => `${note.code} (${note.number})`).sort();
}

test("R15 R21 R62 of two senders with one identity the first counts, and the other one is an alarm", async () => {
  await using centre = await makeCentre();
  const original = await centre.put("keyframe", 5, { hosts: { web: 10 } });
  expect(await refused(centre)).toEqual([]);
  const clone = await centre.put("keyframe", 5, { hosts: { web: 500 } });
  expect(await refused(centre)).toEqual(["sequence-equivocal (R15)"]);
  await centre.put("delta", 6, { base: clone, hosts: { web: 600 } });
  expect(await refused(centre)).toEqual(["delta-base-hash (R21)", "sequence-equivocal (R15)"]);
  await centre.put("delta", 6, { base: original, hosts: { web: 20 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });
});

test("R16 a jump", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1);
  await centre.put("keyframe", 2 + limits.sequenceJumpMax);
  expect(await refused(centre)).toEqual(["sequence-jump (R16)"]);
});

test("R17 R18 R66 an epoch that is old, begins with a delta, or in the future", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1, { epoch: 5 });
  expect(await refused(centre)).toEqual([]);
  await centre.put("keyframe", 9, { epoch: 4 });
  const base = await centre.put("keyframe", 1, { epoch: 6, name: "kept back" });
  await centre.put("delta", 2, { epoch: 6, base });
  await centre.put("keyframe", 1, { epoch: (nowMs + limits.clockSkewMaxMs) / 1000 + 1 });
  expect(await refused(centre)).toEqual([
    "epoch-future (R66)",
    "epoch-old (R17)",
    "epoch-without-keyframe (R18)",
  ]);
});

test("R19 one epoch too many in a day", async () => {
  await using centre = await makeCentre();
  for (let epoch = 1; epoch <= limits.epochsPerDayMax + 1; epoch++) {
    await centre.put("keyframe", 1, { epoch });
  }
  expect(await refused(centre)).toEqual(["epoch-churn (R19)"]);
});

test("R20 a delta on the keyframe before", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 1, { hosts: { web: 0 } });
  await centre.put("keyframe", 2, { hosts: { web: 5 } });
  await centre.put("delta", 3, { base, hosts: { web: 60 } });
  expect(await refused(centre)).toEqual(["delta-base (R20)"]);
});

test("R40 a site that isn't configured, a host that isn't the site's, and one that is another's", async () => {
  await using stranger = await makeCentre({ remote2: {} });
  await stranger.put("keyframe", 1);
  expect(await refused(stranger)).toEqual(["site-unknown (R40)"]);
  await using centre = await makeCentre({ remote1: {}, remote2: { owns: ["w*"] } });
  await centre.put("keyframe", 1, { hosts: { web: 0 } });
  await centre.put("keyframe", 1, { site: remote2, hosts: { db: 0 } });
  await centre.put("keyframe", 2, { site: remote2, hosts: { web: 50 } });
  expect(await refused(centre)).toEqual(["host-not-owned (R40)", "host-of-another-site (R40)"]);
});
