// A receiver whose spool is lost, at a real Icinga 2: what the core has of the sites stays.

import { readFile, rm, writeFile } from "node:fs/promises";
import { missingFor } from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import { reportOf } from "../installation.ts";
import { openCentre } from "./centre.ts";
import { host, statesAt, usualRows } from "./rows.ts";

const options = { skip: missingFor("icinga2") !== null, timeout: 240_000 };

test(
  "a receiver that lost its spool takes nothing away of sites that haven't spoken yet",
  options,
  async () => {
    const sites = ["remote1", "remote2", "remote3"];
    await using centre = await openCentre({
      remote1: "",
      remote2: 'prefix: "r2-"',
      remote3: 'prefix: "r3-"',
    });
    const hosts = async (): Promise<readonly string[]> =>
      [...(await centre.objects("host", "package")).keys()].sort();
    const stateOf = async (name: string): Promise<unknown> =>
      (await centre.objects("host", "last_check_result")).get(name)?.["last_check_result"];
    for (const site of sites) {
      await centre.configuration(site, {
        ...usualRows,
        hosts: [...usualRows["hosts"]!, host("other")],
      });
      await centre.states(site, statesAt(0, site));
    }
    expect(reportOf(await centre.settle())).toMatchObject({ failed: 0 });
    const before = await hosts();
    expect(before).toContain("r3-web");

    await rm(`${centre.path}/spool`, { recursive: true });
    // What was approved is lost, too.
    const file = `${centre.path}/receiver.yaml`;
    const text = (await readFile(file, "utf8")).replaceAll("objects: { autoApprove: true }, ", "");
    await writeFile(file, text);
    for (const said of [sites, []]) {
      const run = await centre.receive();
      expect(reportOf(run), run.stderr).toMatchObject({ failed: 0, packages: 0 });
      const kept = run.log.filter(({ msg }) => String(msg).includes("its objects stay"));
      expect(kept.map(({ site }) => site)).toEqual(said);
      expect(await hosts()).toEqual(before);
    }

    await centre.configuration("remote1", usualRows);
    await centre.states("remote1", statesAt(300, "after the loss"));
    expect(reportOf(await centre.settle())).toMatchObject({ failed: 0, awaitingApproval: 0 });
    expect(await hosts()).toEqual(before.filter((name) => name !== "other"));
    expect(await stateOf("web")).toMatchObject({ output: "PING after the loss" });
    expect(await stateOf("r2-web")).toMatchObject({ output: "PING remote2" });

    // One that is taken out of the settings goes all the same.
    await writeFile(file, text.replace(/^ {2}remote3: .*\n/m, ""));
    expect(reportOf(await centre.settle())).toMatchObject({ failed: 0, packages: 1 });
    expect((await hosts()).map((name) => name.slice(0, 3))).toContain("r2-");
    expect((await hosts()).map((name) => name.slice(0, 3))).not.toContain("r3-");
  },
);
