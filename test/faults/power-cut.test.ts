// The power fails in the middle of a send or a receive, on a real ext4: what was made durable is
// there, and the next run ends with the centre as the site is.

import { missingFor } from "@siteferry/testkit/cores";
import { makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ground, Verb } from "./ground.ts";
import { type Grounds, openGrounds, shareOut } from "./grounds.ts";
import { type KillPoint, killPointsOf } from "./kill-points.ts";
import { type DiskImage, mountDiskImage, whyNoMounts } from "./mounts.ts";
import { tracedRun } from "./traced-run.ts";

const lanes = 2;
/** Of each verb; FAULTS=all takes all. */
const cutsMax = process.env["FAULTS"] === "all" ? Infinity : 50;
/** Each on a disk of its own. */
const parts = ["spool", "link", "checkresults"] as const;
const verbs: readonly Verb[] = ["send", "receive"];
const obstacle =
  missingFor("strace") ?? missingFor("xfsprogs") ?? (await whyNoMounts("disk image"));

describe.skipIf(obstacle !== null)("a power cut", () => {
  let directory: TemporaryDirectory;
  let grounds: Grounds;
  const disksOf = new Map<Ground, readonly DiskImage[]>();

  beforeAll(async () => {
    directory = await makeTemporaryDirectory("power");
    grounds = await openGrounds("whole", lanes, async (ground) => {
      const disks = parts.map((part) =>
        mountDiskImage(`${directory.path}/${disksOf.size}-${part}`, `${ground.path}/${part}`),
      );
      disksOf.set(ground, await Promise.all(disks));
    });
  });

  afterAll(async () => {
    for (const disk of [...disksOf.values()].flat()) await disk[Symbol.asyncDispose]();
    await grounds?.[Symbol.asyncDispose]();
    await directory?.remove();
  });

  test.each(verbs)("in a %s", { timeout: 600_000 }, async (verb) => {
    const [ground] = grounds.all as [Ground];
    await ground.restore(verb);
    const whole = await tracedRun(ground.parameters(verb), null);
    expect(whole.status, whole.stderr).toBe(0);
    const points = chosenOf(killPointsOf(whole.trace), verb);
    await shareOut(grounds.all, points, (lane, point, index) =>
      cutAndRecover(lane, disksOf.get(lane)!, verb, point, index),
    );
  });
});

function chosenOf(points: readonly KillPoint[], verb: Verb): readonly KillPoint[] {
  const step = Math.max(1, points.length / cutsMax);
  const offset = Math.random() * step;
  const chosen = points.filter(
    (_, index) => Math.floor((index + offset) / step) !== Math.floor((index - 1 + offset) / step),
  );
  process.stdout.write(`${verb}: ${chosen.length} of ${points.length} power cuts\n`);
  return chosen;
}

async function cutAndRecover(
  ground: Ground,
  disks: readonly DiskImage[],
  verb: Verb,
  { call, when, line }: KillPoint,
  index: number,
): Promise<void> {
  await ground.restore(verb);
  for (const disk of disks) await disk.settle();
  const killed = await tracedRun(ground.parameters(verb), { call, when, effect: "signal=SIGKILL" });
  // Each disk keeps its own order only; and what a link or a core has taken may be on another machine.
  for (const disk of index % 2 === 0 ? disks : disks.slice(0, 1)) await disk.cutPower();
  try {
    expect(killed.signal).toBe("SIGKILL");
    await ground.checkVisible();
    if (index % 4 < 2) await (verb === "send" ? ground.receiveQuietly() : ground.core.read());
    await ground.succeed(verb);
    await ground.checkConverged();
  } catch (error) {
    throw new Error(`After the power cut at ${call} ${when}: ${line}`, { cause: error });
  }
}
