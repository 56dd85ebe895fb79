// Cores are started by many tests: one that hangs must say why, and none may outlive its test.

import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { processesOfSession, startCore, type CoreProcess } from "./core-process.ts";

describe.skipIf(process.platform !== "linux")("a core's process", () => {
  test("that doesn't become ready is reported with what it said last", async () => {
    await using directory = await makeTemporaryDirectory();
    const core = await shell(directory.path, "echo no licence >&2; sleep 1000");
    const waiting = core.waitFor("answer", () => Promise.resolve(null), 300);
    await expect(waiting).rejects.toThrow(/gave no answer[^]*no licence/);
    await core.stop();
  });

  test("that ends at once is reported without waiting for the deadline", async () => {
    await using directory = await makeTemporaryDirectory();
    const core = await shell(directory.path, "echo bad option; exit 1");
    const waiting = core.waitFor("answer", () => Promise.resolve(null), 1e9);
    await expect(waiting).rejects.toThrow(/ended[^]*bad option/);
    await core.stop();
  });

  test("takes children with it that left its process group, even after its own death", async () => {
    await using directory = await makeTemporaryDirectory();
    // Job control gives the background job a group of its own, as Nagios does with its workers.
    const core = await shell(directory.path, "set -m; sleep 1000 & exit");
    const waiting = core.waitFor("answer", () => Promise.resolve(null), 1e9);
    await expect(waiting).rejects.toThrow("ended");
    expect(processesOfSession(core.pid)).toHaveLength(1);
    await core.stop();
    expect(processesOfSession(core.pid)).toEqual([]);
  });
});

function shell(directory: string, script: string): Promise<CoreProcess> {
  const outputFile = join(directory, "output.log");
  return startCore({ program: "bash", arguments: ["-c", script], outputFile });
}
