// Programs with a child of their own that keeps their pipes, as ssh has one with ControlPersist.

import { readFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test, vi } from "vitest";
import { handOver } from "./drop/hand-over.ts";
import { pipeToSendmail } from "./mail/sendmail.ts";
import { runCommand } from "./run-command.ts";
import { sendByCommand } from "./ssh/command.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Leaves a child behind that holds all three pipes for longer than a test may take, and says its number. */
const leaving = (file: string, rest: string): readonly string[] => [
  "/bin/sh",
  "-c",
  `sleep 600 <&0 & echo $! > ${file}; ${rest}`,
];

/** Runs `work` with a file for the child's number; returns whether the child outlived it, and ends it. */
async function outlives(work: (file: string) => Promise<unknown>): Promise<boolean> {
  await using directory = await makeTemporaryDirectory("command");
  const file = `${directory.path}/pid`;
  let isLeft = false;
  try {
    await work(file);
  } finally {
    const pid = Number(await readFile(file, "utf8"));
    isLeft = await isRunning(pid);
    if (isLeft) process.kill(pid, "SIGKILL");
  }
  return isLeft;
}

/** Not one that was killed and waits for its parent. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return status !== "" && !/^State:\s+[ZX]/m.test(status);
}

test("ssh by a command: the receipt is there when the program ends, not when its child does", async () => {
  const left = await outlives(async (file) => {
    const command = leaving(file, "cat >/dev/null; echo receipt");
    const content = Buffer.alloc(300_000);
    expect(String(await sendByCommand({ command, timeoutMs: 50_000 }, { name: "", content }))).toBe(
      "receipt\n",
    );
  });
  expect(left).toBe(true);
});

test("sendmail and a hand-over likewise, with their status and what they said", async () => {
  const envelope = { from: "a@site.example", to: "b@centre.example" };
  const message = Buffer.from("Subject: x\r\n\r\nhello\r\n");
  const mail = (rest: string) => async (file: string) => {
    await pipeToSendmail(leaving(file, rest), envelope, message);
  };
  expect(await outlives(mail("cat >/dev/null"))).toBe(true);
  const failing = outlives(mail("echo full >&2; exit 75"));
  await expect(failing).rejects.toMatchObject({ code: "link-unreachable" });
  await expect(failing).rejects.toThrow("exit status 75: full");
  expect(await outlives((file) => handOver(leaving(file, "true"), "/x"))).toBe(true);
});

test("at a deadline the child of the program ends too", async () => {
  for (const [times, reason] of [
    [{ limitMs: 300 }, "not done in 300 ms. waiting"],
    [{ limitMs: 50_000, silenceMs: 300 }, "nothing moved for 300 ms"],
  ] as const) {
    const left = await outlives(async (file) => {
      const command = leaving(file, "echo waiting >&2; wait");
      const running = runCommand(command, { what: "Trying", ...times });
      await expect(running).rejects.toMatchObject({ code: "link-timeout" });
      await expect(running).rejects.toThrow(`Trying: ${reason}`);
      // The kernel may take a moment.
      const pid = Number(await readFile(file, "utf8"));
      await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    });
    expect(left).toBe(false);
  }
});
