import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { explainClosed } from "./closed-directory.ts";

const failing = (code: string, syscall: string, path: string): Error =>
  Object.assign(new Error(code), { code, syscall, path });
const advice = (directory: string, user: string, owner: string): string =>
  [directory, user, owner].join(" ");

test("what is closed is named with whose it is; what is to be made isn't its parent", async () => {
  const at = `${tmpdir()}/x.yaml`;
  expect(await explainClosed(failing("EACCES", "lstat", at), advice)).toMatchObject({
    code: "settings-unreadable",
    message: expect.stringContaining(`${tmpdir()} belongs to root, and is closed to `),
    advice: expect.stringMatching(new RegExp(`^${tmpdir()} \\S+ root$`)),
  });
  expect(await explainClosed(failing("EACCES", "mkdir", at), advice)).toMatchObject({
    advice: expect.stringMatching(new RegExp(`^${at} `)),
  });
  const other = failing("ENOSPC", "open", at);
  expect(await explainClosed(other, advice)).toBe(other);
});
