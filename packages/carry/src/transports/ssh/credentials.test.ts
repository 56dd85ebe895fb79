import { FerryError } from "@siteferry/model";
import { expect, test } from "vitest";
import { openSession } from "./session.ts";
import type { SshFiles } from "./settings.ts";

test("of a file that isn't there it is said how that one is made", async () => {
  const none = (path: string): never => {
    const cause = Object.assign(new Error("none"), { code: "ENOENT" });
    throw new FerryError("settings-unreadable", `${path}: doesn't exist`, { cause });
  };
  const files: SshFiles = {
    readText: async (path) => (path === "/known" ? "" : none(path)),
    readSecret: async (path) => none(path),
  };
  const server = { host: "central", port: 2222, user: "ferry", agent: false, timeoutMs: 1 };
  const attempt = (knownHosts: string) => openSession(files, { ...server, knownHosts, key: "/k" });
  await expect(attempt("/none")).rejects.toMatchObject({
    code: "settings-unreadable",
    advice: expect.stringMatching(/^ssh-keyscan -p 2222 central > \/none, /),
  });
  await expect(attempt("/known")).rejects.toMatchObject({
    code: "settings-unreadable",
    advice: expect.stringMatching(/^ssh-keygen -t ed25519 -N '' -f \/k /),
  });
});
