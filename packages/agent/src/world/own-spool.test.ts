import { chmod, mkdir, stat } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { checkUser } from "./own-spool.ts";

afterEach(() => vi.restoreAllMocks());

const asUser = (uid: number): unknown => vi.spyOn(process, "getuid").mockReturnValue(uid);

test("a spool is its owner's, and whoever makes the first directory in it is he", async () => {
  await using directory = await makeTemporaryDirectory("own-spool");
  const { path } = directory;
  const { uid } = await stat(path);
  const own = `${path}/sender`;
  asUser(uid);
  await checkUser(own);
  asUser(54_321);
  const refused = { code: "settings-invalid" };
  await expect(checkUser(own)).rejects.toMatchObject({
    ...refused,
    message: expect.stringMatching(`^${path} belongs to the user \\S+, and this runs as 54321$`),
  });
  // Whoever is of its group may make it, if the group may; but not root.
  vi.spyOn(process, "getgid").mockReturnValue(54_321);
  const groups = vi.spyOn(process, "getgroups").mockReturnValue([]);
  await chmod(path, 0o770);
  await expect(checkUser(own)).rejects.toMatchObject(refused);
  groups.mockReturnValue([(await stat(path)).gid]);
  await checkUser(own);
  await mkdir(own);
  await expect(checkUser(own)).rejects.toMatchObject({
    ...refused,
    message: expect.stringMatching(`^${own} belongs to the user \\S+, and this runs as 54321$`),
    advice: expect.stringMatching(`s root: chown -R 54321 ${own}$`),
  });
  asUser(uid);
  await checkUser(own);
  // One that isn't there yet is anybody's.
  asUser(54_321);
  await checkUser(`${path}/no such spool/sender`);
});
