import { mkdir, rename, writeFile } from "node:fs/promises";
import { dropReceiver } from "@siteferry/carry/contract";
import { limits } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { importStick } from "./import-stick.ts";
import { makeCentre } from "./test-centre.ts";

test(
  "of a stick with more than there is room for, the newest state comes first, the rest is counted, and comes later",
  { timeout: 60_000 },
  async () => {
    await using centre = await makeCentre();
    const stick = `${centre.path}/stick`;
    await centre.put("config", 1);
    const base = await centre.put("keyframe", 2);
    const deltas = limits.arrivalsPerSiteMax + 30;
    for (let number = 3; number < 3 + deltas; number++) {
      await centre.put("delta", number, { base, hosts: { web: number } });
    }
    await rename(`${centre.path}/link`, stick);
    await mkdir(`${centre.path}/link`);
    await writeFile(`${stick}/damaged.ferry`, "damaged");
    const bring = async () =>
      await importStick(
        await centre.doorway(nodeFiles),
        dropReceiver(nodeFiles, { dir: stick, site: null }),
      );

    const first = await bring();
    expect(first).toMatchObject({ failed: [], refused: [{ name: "damaged.ferry" }], overtaken: 0 });
    expect(first.taken).toHaveLength(limits.arrivalsPerSiteMax);
    expect(first.taken.slice(0, 3)).toEqual([
      expect.stringContaining("1.config"),
      expect.stringContaining("2.keyframe"),
      expect.stringContaining(`${deltas + 2}.delta`),
    ]);
    expect(first.left).toBe(32);
    expect(await bring()).toMatchObject({ taken: [], left: deltas + 2 });
    expect(await centre.receive()).toMatchObject({ refused: 0, late: 0, waitingForKeyframe: 0 });
    // Nothing of the rest would change anything.
    const last = await bring();
    expect(last).toMatchObject({ left: 0, failed: [], overtaken: deltas - 1 });
    expect(last.taken).toHaveLength(3);
    expect(await centre.receive()).toMatchObject({ accepted: 0, duplicates: 3 });
  },
);
