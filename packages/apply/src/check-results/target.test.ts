// What the target promises, held against a model of the core's spool.

import type { HostState } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import {
  Centre,
  hostState,
  manyServices,
  minuteMs,
  nowSeconds,
  services,
  serviceState,
  site,
} from "./centre-model.ts";

describe("one result for one check", () => {
  test("a pass in which nothing was checked writes nothing, not even the record", async () => {
    const centre = new Centre();
    const states = services(serviceState(1, nowSeconds - 10));
    await centre.run(states);
    centre.coreReads();
    await centre.run(states);
    const saves = centre.store.saves;
    expect(await centre.run(states)).toMatchObject({ written: 0, files: 0, unchanged: 1 });
    expect(centre.store.saves).toBe(saves);
    expect(centre.spool.operations).toBe(0);
  });

  test("a host that was never checked stays pending", async () => {
    const centre = new Centre();
    const pending: HostState = { ...hostState("web", 0), has_been_checked: 0 };
    expect(await centre.run({ hosts: [pending], services: [] })).toMatchObject({
      written: 0,
      neverChecked: 1,
    });
    expect(centre.spool.names()).toEqual([]);
  });

  test("R50 another state of the same second is written, an older check never is", async () => {
    const centre = new Centre();
    for (const row of [serviceState(1, 1000), serviceState(1, 1000, 2), serviceState(1, 999, 1)]) {
      await centre.run(services(row));
      centre.coreReads();
    }
    expect(centre.delivered).toEqual(["s1@1000:0", "s1@1000:2"]);
    expect(await centre.run(services(serviceState(1, 999, 1)))).toMatchObject({ older: 1 });
  });

  test("R49 a check from the future is held back and said once", async () => {
    const centre = new Centre();
    const states = services(serviceState(1, nowSeconds + 601), serviceState(2, nowSeconds + 599));
    expect(await centre.run(states)).toMatchObject({ future: 1, written: 1 });
    expect(centre.warnings).toEqual([{ site, future: 1 }]);
  });

  test("times of a site whose clock is ahead are put right, and a new measure repeats nothing", async () => {
    const centre = new Centre();
    centre.secondsAhead = 45;
    const states = services(serviceState(1, nowSeconds + 644), serviceState(2, nowSeconds + 646));
    expect(await centre.run(states)).toMatchObject({ written: 1, future: 1 });
    centre.coreReads();
    centre.secondsAhead = 46;
    await centre.run(services(serviceState(1, nowSeconds + 644)));
    await centre.run(services(serviceState(1, nowSeconds + 645)));
    centre.coreReads();
    expect(centre.delivered).toEqual([`s1@${nowSeconds + 599}:0`, `s1@${nowSeconds + 599}:0`]);
  });

  test("a correction that begins takes no object back behind what the core has", async () => {
    const centre = new Centre();
    const check = async (seconds: number, state: number): Promise<void> => {
      await centre.run(services(serviceState(1, nowSeconds + seconds, state)));
      centre.coreReads();
    };
    await check(0, 0);
    centre.secondsAhead = 31;
    await check(11, 2);
    await check(40, 1);
    centre.secondsAhead = 25;
    await check(43, 0);
    centre.secondsAhead = 60;
    await check(44, 3);
    expect(centre.delivered).toEqual([
      `s1@${nowSeconds}:0`,
      `s1@${nowSeconds}:2`,
      `s1@${nowSeconds + 9}:1`,
      `s1@${nowSeconds + 18}:0`,
      `s1@${nowSeconds + 18}:3`,
    ]);
  });

  test("after a clock was put back a result is older only by the core's time, and that is said", async () => {
    const centre = new Centre();
    centre.attemptsMax = async () => () => 3;
    const check = async (seconds: number, state: number): Promise<object> => {
      const counts = await centre.run(services(serviceState(1, nowSeconds + seconds, state)));
      centre.coreReads();
      return counts;
    };
    centre.secondsAhead = 590;
    await check(590, 0);
    expect(await check(60, 2)).toMatchObject({ older: 1, written: 0 });
    expect(centre.warnings).toEqual([{ site, older: 1 }]);
    centre.secondsAhead = 0;
    expect(await check(590, 0)).toMatchObject({ unchanged: 1 });
    expect(await check(60, 2)).toMatchObject({ older: 0, earlier: 2 });
    expect(await check(-1, 2)).toMatchObject({ older: 1, written: 0 });
    expect(centre.delivered).toEqual([
      `s1@${nowSeconds}:0`,
      ...Array.from({ length: 3 }, () => `s1@${nowSeconds + 60}:2`),
    ]);
  });

  test("R47 a state that no core knows and an object that occurs twice are left out", async () => {
    const centre = new Centre();
    const states = {
      hosts: [hostState("web", 5, 3)],
      services: [serviceState(1, 5, 77), serviceState(2, 5), serviceState(2, 6)],
    };
    expect(await centre.run(states)).toMatchObject({ unusable: 3, written: 1 });
  });

  test("of an object that occurs twice the first counts, in this pass and for the next", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 5)));
    centre.coreReads();
    await centre.run(services(serviceState(1, 6), serviceState(1, 7)));
    centre.coreReads();
    expect(await centre.run(services(serviceState(1, 6)))).toMatchObject({ unchanged: 1 });
    expect(centre.delivered).toEqual(["s1@5:0", "s1@6:0"]);
  });

  test("an object that the core doesn't know yet waits, and comes when it does", async () => {
    const centre = new Centre();
    const states = services(serviceState(1, 1000));
    centre.live = () => false;
    expect(await centre.run(states)).toMatchObject({ waitingForConfiguration: 1, written: 0 });
    centre.live = () => true;
    expect(await centre.run(states)).toMatchObject({ written: 1 });
  });

  test("what the core has lost is handed over again, but only what it surely has", async () => {
    const centre = new Centre();
    const states = services(serviceState(1, 1000), serviceState(2, 1000));
    await centre.run(states);
    centre.coreReads();
    centre.live = (_, service) => service === "s1";
    expect(await centre.run(states)).toMatchObject({ unchanged: 2 });
    centre.isWhole = true;
    const lost = { unchanged: 1, waitingForConfiguration: 1 };
    expect(await centre.run(states)).toMatchObject(lost);
    expect([...(await centre.store.load()).results.keys()]).toEqual(["web\ts1"]);
    expect(await centre.run(states)).toMatchObject(lost);
    centre.live = () => true;
    expect(await centre.run(states)).toMatchObject({ unchanged: 1, written: 1 });
    centre.coreReads();
    expect(centre.delivered).toEqual(["s1@1000:0", "s2@1000:0", "s2@1000:0"]);
  });

  test("an object that left the site leaves the record", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 1000), serviceState(2, 1000)));
    centre.coreReads();
    await centre.run(services(serviceState(2, 1001)));
    expect([...(await centre.store.load()).results.keys()]).toEqual(["web\ts2"]);
  });
});

describe("the core's directory", () => {
  test("at most 1,000 results a file, names that the core reads, a comment first, a marker each", async () => {
    const centre = new Centre();
    expect(await centre.run(manyServices(2001, 1000))).toMatchObject({ written: 2001, files: 3 });
    const names = centre.spool.names();
    expect(names).toHaveLength(6);
    for (const name of names) expect(name).toMatch(/^c[a-z0-9]{6}(\.ok)?$/);
    const first = Buffer.from(centre.spool.stored.get(names[0]!)!.content).toString();
    expect(first.split("\n")[0]).toMatch(/^# siteferry remote1 2026-/);
    centre.coreReads();
    expect(centre.delivered).toHaveLength(2001);
  });

  test("hostile outputs make smaller files", async () => {
    const centre = new Centre();
    const long = { plugin_output: "x".repeat(60_000) };
    const rows = Array.from({ length: 100 }, (_, index) => ({
      ...serviceState(index, 1000),
      ...long,
    }));
    await centre.run(services(...rows));
    for (const { content } of centre.spool.stored.values())
      expect(content.length).toBeLessThan(2.2e6);
    expect(centre.spool.stored.size).toBe(6);
  });

  test("never two unread results of one object; the newest follows when the first was read", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 1000), serviceState(2, 1000)));
    expect(
      await centre.run(services(serviceState(1, 1001, 1), serviceState(2, 1000))),
    ).toMatchObject({ written: 0, waitingForCore: 1, unchanged: 1 });
    expect(
      await centre.run(services(serviceState(1, 1002, 2), serviceState(2, 1000))),
    ).toMatchObject({ written: 0, waitingForCore: 1 });
    centre.coreReads();
    await centre.run(services(serviceState(1, 1002, 2), serviceState(2, 1000)));
    centre.coreReads();
    expect(centre.delivered.sort()).toEqual(["s1@1000:0", "s1@1002:2", "s2@1000:0"]);
  });

  test("a file that waits is not forgotten over the next one", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 1000)));
    await centre.run(services(serviceState(1, 1000), serviceState(2, 1000)));
    const newer = services(serviceState(1, 1001), serviceState(2, 1001));
    expect(await centre.run(newer)).toMatchObject({ waitingForCore: 2, written: 0 });
  });

  test("what the core hasn't read for half an hour is taken back and its newest state written", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 1000), serviceState(2, 1000)));
    centre.spool.nowMs += 31 * minuteMs;
    expect(
      await centre.run(services(serviceState(1, 1001, 1), serviceState(2, 1000))),
    ).toMatchObject({ written: 2, files: 1 });
    expect(centre.warnings).toEqual([{ site, files: 1 }]);
    centre.coreReads();
    await centre.run(services(serviceState(1, 1001, 1), serviceState(2, 1000)));
    expect(centre.spool.names()).toEqual([]);
    expect(centre.delivered.sort()).toEqual(["s1@1001:1", "s2@1000:0"]);
  });

  test("a core that was dead for two hours gets the newest state, once", async () => {
    const centre = new Centre();
    for (let minute = 0; minute < 120; minute += 5) {
      await centre.run(services(serviceState(1, 1000 + minute), serviceState(2, 1000)));
      centre.spool.nowMs += 5 * minuteMs;
    }
    const last = services(serviceState(1, 2000), serviceState(2, 1000));
    centre.coreReads();
    await centre.run(last);
    centre.coreReads();
    await centre.run(last);
    centre.coreReads();
    expect(centre.delivered.at(-1)).toBe("s1@2000:0");
    expect(centre.delivered.filter((result) => result.startsWith("s2"))).toEqual(["s2@1000:0"]);
  });

  test("R50 a result that was taken back is never followed by an older one", async () => {
    const centre = new Centre();
    await centre.run(services(serviceState(1, 1000)));
    centre.spool.nowMs += 31 * minuteMs;
    expect(await centre.run(services(serviceState(1, 999)))).toMatchObject({
      older: 1,
      written: 0,
    });
    expect(await centre.run(services(serviceState(1, 1000)))).toMatchObject({ written: 1 });
  });

  test("no marker is made for a file that the core removes in that moment", async () => {
    const centre = new Centre();
    const states = services(serviceState(1, 1000));
    await centre.run(states);
    const name = centre.spool.names()[0]!;
    centre.coreReads();
    centre.spool.files.list = async () => [name];
    await centre.run(states);
    expect(centre.spool.names()).toEqual([]);
  });

  test("files of others and of other sites stay, whatever their age", async () => {
    const centre = new Centre();
    const foreign = new Map([
      ["cabcdef", "### Active Check Result File ###\nhost_name=x\n"],
      ["cabcdeg", "# siteferry remote12 2026\nhost_name=x\n"],
      ["cabcdeh", ""],
      ["cabcdei.ok", ""],
      ["siteferry-remote12-abcdef", "# siteferry remote12 2026\n"],
      ["siteferry-remote1-x-abcdef", ""],
      ["siteferry-remote1.txt", ""],
    ]);
    for (const [name, text] of foreign) centre.spool.put(name, text);
    centre.spool.nowMs += 31 * minuteMs;
    await centre.run(services(serviceState(1, 1000)));
    for (const name of foreign.keys()) expect(centre.spool.stored.has(name)).toBe(true);
    expect(centre.spool.stored.size).toBe(foreign.size + 2);
  });

  test("a failure of the disk is a system-error with the directory, and the next pass goes on", async () => {
    const centre = new Centre();
    const { files } = centre.spool;
    const { writeNew } = files;
    files.writeNew = async () => {
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
    await expect(centre.run(services(serviceState(1, 1000)))).rejects.toMatchObject({
      code: "system-error",
      message: expect.stringContaining("/spool"),
    });
    files.writeNew = writeNew;
    await centre.run(services(serviceState(1, 1000)));
    centre.coreReads();
    expect(centre.delivered).toEqual(["s1@1000:0"]);
  });
});
