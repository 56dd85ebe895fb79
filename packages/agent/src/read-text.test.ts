import { symlink, writeFile } from "node:fs/promises";
import { printable } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { readKey } from "./read-text.ts";

test("a key that others may read is refused, also through a link", async () => {
  await using directory = await makeTemporaryDirectory("keys");
  const at = (name: string): string => `${directory.path}/${name}`;
  await writeFile(at("open"), "0123456789\n", { mode: 0o644 });
  await symlink("open", at("link"));
  for (const name of ["open", "link"]) {
    await expect(readKey(nodeFiles, at(name))).rejects.toMatchObject({
      code: "key-unusable",
      message: `${at(name)} has mode 0644: others may read it`,
      advice: expect.stringContaining("chmod 600"),
    });
  }
});

test("what was read as a password is shown to nobody from then on", async () => {
  await using directory = await makeTemporaryDirectory("keys");
  const path = `${directory.path}/password`;
  await writeFile(path, "correct horse\n", { mode: 0o600 });
  expect(printable("535 correct horse")).toBe("535 correct horse");
  expect(await readKey(nodeFiles, path)).toBe("correct horse\n");
  expect(printable("535 correct horse")).toBe("535 [secret]");
});
