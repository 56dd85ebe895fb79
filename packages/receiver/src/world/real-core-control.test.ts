// An operator's commands as they may be: one that belongs to another user, one that prints for ever.

import { afterEach, expect, test, vi } from "vitest";
import { realCoreControl } from "./real-core-control.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("a command in time: its status and the end of what it prints", async () => {
  const script = "yes 0123456789 | head -c 10000000; echo the end; exit 3";
  const { status, output } = await realCoreControl.run(["sh", "-c", script], 60_000);
  expect(status).toBe(3);
  expect(output).toMatch(/the end\n$/);
  expect(output.length).toBeLessThanOrEqual(64 * 1024);
});

test("sudo that hangs: it isn't ours to end, and that ends nothing here", async () => {
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  const { status, output } = await realCoreControl.run(["sh", "-c", "echo $$; sleep 1000"], 300);
  expect(status).toBeNull();
  expect(kill).toHaveBeenCalledWith(-Number(output), "SIGKILL");
  kill.mockRestore();
  process.kill(-Number(output), "SIGKILL");
});

test("programs in sbin are found with cron's short PATH; one that is nowhere says what to do", async () => {
  vi.stubEnv("PATH", "/usr/bin:/bin");
  expect(await realCoreControl.run(["chroot", "--version"], 60_000)).toMatchObject({ status: 0 });
  await expect(realCoreControl.run(["no-such-core"], 60_000)).rejects.toThrow("whole paths");
});
