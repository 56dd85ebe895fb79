// config render --out writes for people: never where a core would read every object a second time.

import { mkdir, readdir, symlink } from "node:fs/promises";
import { expect, test } from "vitest";
import { siteferry } from "../command-line.ts";
import { install } from "../installation.ts";

test("what is rendered for people isn't written where the core reads", async () => {
  await using installation = await install({ livestatus: "unix:/nowhere" });
  const { path, objects, receiverYaml } = installation;
  await mkdir(`${path}/elsewhere`);
  await symlink(objects, `${path}/elsewhere/link`);
  const render = async (out: string) =>
    await siteferry(["config", "render", "--out", out, "--config", receiverYaml]);
  for (const out of [objects, `${objects}/`, `${objects}/new/er`, `${path}/elsewhere/link/new`]) {
    const refused = await render(out);
    expect(refused.stderr, out).toContain(`is in ${objects}, which the core reads`);
    expect(refused.status).toBe(64);
  }
  expect(await readdir(objects)).toEqual([]);
  for (const out of [`${objects}-2`, `${path}/elsewhere/new`]) {
    expect(await render(out)).toMatchObject({ status: 0, stderr: "" });
  }
});
