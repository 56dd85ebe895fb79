// Somebody tries siteferry as root before its own user has run it: nothing of root's is left behind.

import { chown, mkdir, readdir, rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { siteferry } from "./command-line.ts";
import { install } from "./installation.ts";

test("a run as root in another user's empty spool is refused, and makes nothing", async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) return skip("only root can give the spool to somebody else");
  await using installation = await install({ livestatus: "unix:/nonexistent" });
  const { path, senderYaml, receiverYaml, link } = installation;
  const spool = `${path}/spool`;
  await mkdir(spool);
  await chown(spool, 1, 1);
  const refused = expect.stringContaining(
    `${spool} belongs to the user daemon, and this runs as root`,
  );
  for (const words of [
    ["send", "--once", "--config", senderYaml],
    ["receive", "--once", "--config", receiverYaml],
    ["import", link, "--config", receiverYaml],
    ["forget", "remote1", "--config", receiverYaml],
  ]) {
    const run = await siteferry(words);
    expect([run.status, run.stderr], words[0]).toEqual([78, refused]);
    expect(run.stderr).toContain("runuser -u daemon -- siteferry");
  }
  expect([await readdir(spool), await readdir(link)]).toEqual([[], []]);
  const doctor = await siteferry(["doctor", "receiver", "--config", receiverYaml]);
  expect(doctor.stdout).toMatch(/^FAIL +spool +\S+ belongs to daemon, and this runs as root$/m);

  // One that is root's is root's to use, as is one that isn't there yet.
  await chown(spool, 0, 0);
  expect((await installation.receive()).status).toBe(0);
  await rm(spool, { recursive: true });
  expect((await installation.receive()).status).toBe(0);
});
