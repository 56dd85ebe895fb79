// Disks that fill up, 4 KiB larger from run to run until all fits: each run that doesn't fit says
// where, ends with 75 and shows nothing that is half written; with room, the next one finishes it.
// The same faults, call by call and without a mount: failing-disk.test.ts.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ground, Verb } from "./ground.ts";
import { type Grounds, openGrounds } from "./grounds.ts";
import { mountSmallDisk, whyNoMounts } from "./mounts.ts";

const stepBytes = 4096;
const disks: readonly (readonly [Verb, string])[] = [
  ["send", "spool/sender"],
  ["send", "link"],
  ["receive", "spool/receiver"],
  ["receive", "checkresults"],
  ["receive", "objects"],
];

describe.skipIf((await whyNoMounts("small disk")) !== null)("a full disk", () => {
  let grounds: Grounds;

  beforeAll(async () => {
    grounds = await openGrounds("nothing", 1);
  });

  afterAll(async () => {
    await grounds?.[Symbol.asyncDispose]();
  });

  test.each(disks)("of a %s, at each 4 KiB of %s", { timeout: 300_000 }, async (verb, part) => {
    const [ground] = grounds.all as [Ground];
    let pages = 0;
    while (!(await fitsInto(ground, verb, part, ++pages * stepBytes)))
      expect(pages).toBeLessThan(99);
    expect(pages, "at least one was too small").toBeGreaterThan(1);
  });
});

/** Whether all of it had room. */
async function fitsInto(
  ground: Ground,
  verb: Verb,
  part: string,
  sizeBytes: number,
): Promise<boolean> {
  await ground.restore(verb);
  await using disk = await mountSmallDisk(`${ground.path}/${part}`, sizeBytes);
  const { status, stderr } = await ground.run(verb);
  if (status !== 0) checkFailure(status, stderr, disk.path);
  await ground.checkVisible();
  await disk.grow();
  await ground.succeed(verb);
  await ground.checkConverged();
  return status === 0;
}

function checkFailure(status: number | null, stderr: string, path: string): void {
  expect(status, stderr).toBe(75);
  expect(stderr).toContain("ENOSPC");
  expect(stderr).toContain(path);
  expect(stderr, "no stack trace").not.toContain("    at ");
}
