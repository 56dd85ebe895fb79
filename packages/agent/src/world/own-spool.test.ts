import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { checkUser } from "./own-spool.ts";

afterEach(() => vi.restoreAllMocks());

test("a spool is its owner's; one that isn't there yet is anybody's", async () => {
  const owner = vi.spyOn(process, "getuid").mockReturnValue((await stat(tmpdir())).uid);
  await checkUser(tmpdir());
  owner.mockReturnValue(54_321);
  await expect(checkUser(tmpdir())).rejects.toMatchObject({
    code: "settings-invalid",
    message: `${tmpdir()} belongs to the user root, and this runs as 54321`,
    advice: expect.stringMatching(/^Run it as that one: runuser -u root -- siteferry/),
  });
  await checkUser(`${tmpdir()}/no such spool`);
});
