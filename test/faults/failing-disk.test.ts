// A disk that fails at one call of a send or a receive: the run says where, ends with 75 and leaves
// nothing half done; the next run ends with the centre as the site is.

import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ground, Verb } from "./ground.ts";
import { type Grounds, openGrounds, shareOut } from "./grounds.ts";
import { type KillPoint, killPointsOf } from "./kill-points.ts";
import { type TracedRun, tracedRun } from "./traced-run.ts";

/** Which calls fail, and how. A disk that is full says so when something is made or written. */
const failures = [
  { what: "an fsync fails", error: "EIO", calls: /^fsync/ },
  { what: "no space is left", error: "ENOSPC", calls: /^(mkdir|link|rename)|O_CREAT/ },
] as const;
/** Each n-th call, from an offset that is printed and another one in each run. */
const every = process.env["FAULTS"] === "all" ? 1 : 3;
const verbs: readonly Verb[] = ["send", "receive"];
const cases = verbs.flatMap((verb) => failures.map((failure) => ({ verb, ...failure })));

describe.skipIf(missingFor("strace") !== null)("a failing disk", () => {
  let grounds: Grounds;

  beforeAll(async () => {
    grounds = await openGrounds("nothing", 2);
  });

  afterAll(async () => {
    await grounds?.[Symbol.asyncDispose]();
  });

  test.each(cases)("$what in a $verb", { timeout: 600_000 }, async ({ verb, error, calls }) => {
    const [ground] = grounds.all as [Ground];
    await ground.restore(verb);
    const whole = await tracedRun(ground.parameters(verb), null);
    const points = killPointsOf(whole.trace).filter(({ line }) => calls.test(line));
    expect(points.length).toBeGreaterThan(5);
    const offset = Math.floor(Math.random() * every);
    const chosen = points.filter((_, index) => index % every === offset);
    process.stdout.write(`${verb}: ${chosen.length} of ${points.length}, offset ${offset}\n`);
    await shareOut(grounds.all, chosen, (lane, point) => failAndRecover(lane, verb, point, error));
  });
});

async function failAndRecover(
  ground: Ground,
  verb: Verb,
  { call, when, line }: KillPoint,
  error: string,
): Promise<void> {
  await ground.restore(verb);
  const failed = await tracedRun(ground.parameters(verb), { call, when, effect: `error=${error}` });
  try {
    checkFailure(failed, ground.path);
    await ground.checkVisible();
    await ground.succeed(verb);
    await ground.checkConverged();
  } catch (cause) {
    throw new Error(`After ${error} at ${call} ${when}: ${line}`, { cause });
  }
}

function checkFailure({ status, stderr, trace }: TracedRun, root: string): void {
  expect(status, stderr).toBe(75);
  const lines = trace.split("\n");
  const place = lines.findIndex((line) => line.includes("(INJECTED)"));
  const path = /[<"](\/[^>"]+)[>"](?!.*[<"]\/)/.exec(lines[place] ?? "")?.[1] ?? "";
  expect(path.startsWith(root), lines[place]).toBe(true);
  expect(stderr, "names the path").toContain(path);
  expect(stderr, "no stack trace").not.toContain("    at ");
  if (!lines[place]!.startsWith("fsync") || !isFile(path, lines)) return;
  // The kernel may have dropped its pages: a second fsync would succeed and mean nothing.
  const after = lines.slice(place + 1);
  expect(after.filter((line) => line.startsWith("fsync") && line.includes(path))).toEqual([]);
  expect(after.some((line) => line.startsWith("unlink") && line.includes(path))).toBe(true);
}

function isFile(path: string, lines: readonly string[]): boolean {
  return lines.some((line) => line.includes("O_CREAT") && line.includes(`"${path}"`));
}
