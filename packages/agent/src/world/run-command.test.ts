// Commands of the settings, as they end well and badly.

import { readFile } from "node:fs/promises";
import { limits } from "@siteferry/model";
import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const usual = { timeoutMs: 20_000, outputBytesMax: 1_000_000 };

async function shell(script: string, options: Partial<typeof usual> = {}): Promise<string> {
  const output = await runCommand(["sh", "-c", script, "sh"], { ...usual, ...options });
  return Buffer.from(output).toString();
}

/** Not one that has ended and that nobody has asked after. */
async function isThere(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return /^State:\t[^ZX]/m.test(status);
}

test("what it prints, all of it", async () => {
  expect(await shell("printf 'a\\n'; seq 1 20000 | tail -1")).toBe("a\n20000\n");
});

test("arguments go to the program as they are, without a shell", async () => {
  const output = await runCommand(["printf", "%s|", "$HOME;", "a b", "*"], usual);
  expect(Buffer.from(output).toString()).toBe("$HOME;|a b|*|");
});

test("a status other than 0 is a failure, with its last words", async () => {
  await expect(shell("echo one >&2; printf 'bad \\033[31mcore\\n' >&2; exit 3")).rejects.toThrow(
    "ended with 3: one | bad \\x1b[31mcore",
  );
  await expect(shell("exit 1")).rejects.toMatchObject({ code: "command-failed" });
});

test("of the error output only the end is kept", async () => {
  const failure = await shell("yes x | head -c 3000000 >&2; echo end >&2; exit 1").catch(
    (error: Error) => error.message,
  );
  expect(failure).toMatch(/ \| end$/);
  expect(failure.length).toBeLessThan(limits.dumpErrorBytesMax);
});

test("a program that isn't there", async () => {
  await expect(runCommand(["/nowhere/cmcdump"], usual)).rejects.toMatchObject({
    code: "command-failed",
    message: expect.stringContaining("can't be started") as string,
  });
});

test("at the deadline it is killed, and what it started too", async () => {
  const failure = await shell("sleep 300 & echo $! >&2; sleep 300", { timeoutMs: 300 }).catch(
    (error: Error) => error,
  );
  expect(failure).toMatchObject({ code: "command-failed" });
  const [, pid = ""] = /isn't done after 0.3 s: (\d+)$/.exec((failure as Error).message) ?? [];
  expect(Number(pid)).toBeGreaterThan(1);
  await expect.poll(() => isThere(Number(pid))).toBe(false);
});

test("one that prints without end is killed at the limit", async () => {
  await expect(shell("yes")).rejects.toMatchObject({ code: "snapshot-too-large" });
});

test("without output, what it leaves running in the background is no reason to wait, and lives on", async () => {
  const script = "sleep 300 & echo $! >&2; exit 1";
  const failure = await shell(script, { outputBytesMax: 0 }).catch((error: Error) => error.message);
  const [, pid = ""] = /ended with 1: (\d+)$/.exec(failure) ?? [];
  // 0 would be this test's own group.
  expect(Number(pid)).toBeGreaterThan(1);
  expect(await isThere(Number(pid))).toBe(true);
  process.kill(Number(pid), "SIGKILL");
});
