// `attempts: mirror`: the core counts to where the site is, with as few results as it takes.

import { limits, type ServiceState, type SiteEvent, type States } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { Centre, hostState, minuteMs, nowSeconds, services, serviceState } from "./centre-model.ts";
import { recoveryOutput } from "./course.ts";
import { readBy, standingAfter } from "./site-model.ts";

const time = nowSeconds - 3600;

function soft(lastCheck: number, attempt: number, fields: Partial<ServiceState> = {}): States {
  const own = { state_type: 0, current_attempt: attempt, ...fields } as const;
  return services({ ...serviceState(1, lastCheck, 2), ...own });
}

function hard(lastCheck: number, fields: Partial<ServiceState> = {}): States {
  return services({ ...serviceState(1, lastCheck, 2), last_hard_state: 2, ...fields });
}

function well(lastCheck: number): States {
  return services(serviceState(1, lastCheck));
}

function mirroring(attemptsMax: number): Centre {
  const centre = new Centre();
  centre.attemptsMax = async () => () => attemptsMax;
  return centre;
}

/** What the core read, as seconds after {@link time} and states. */
async function read(centre: Centre, ...all: States[]): Promise<string[]> {
  for (const states of all) {
    await centre.run(states);
    centre.coreReads();
  }
  return readBy(centre.delivered, "s1").map(({ time: at, state }) => `${at - time}:${state}`);
}

describe("what the core lacks is filled in", () => {
  test("nothing, if it saw each check", async () => {
    const all = [well(time), soft(time + 60, 1), soft(time + 120, 2), hard(time + 180)];
    const results = await read(mirroring(3), ...all, hard(time + 240), well(time + 300));
    expect(results).toEqual(["0:0", "60:2", "120:2", "180:2", "240:2", "300:0"]);
  });

  test("between what it had and the current check, evenly", async () => {
    const results = await read(mirroring(4), well(time), soft(time + 10, 1), hard(time + 40));
    expect(results).toEqual(["0:0", "10:2", "20:2", "30:2", "40:2"]);
  });

  test("from the moment when the problem began to that when it was hard, if the site tells", async () => {
    const told = { last_state_change: time + 30, last_hard_state_change: time + 90 };
    const results = await read(mirroring(3), well(time), hard(time + 300, told));
    expect(results).toEqual(["0:0", "30:2", "60:2", "90:2", "300:2"]);
  });

  test("up to a soft attempt, which one result more would pass", async () => {
    const states = soft(time + 100, 3, { last_state_change: time + 40 });
    const centre = mirroring(5);
    expect(await read(centre, well(time), states)).toEqual(["0:0", "40:2", "70:2", "100:2"]);
    expect((await centre.store.load()).attempts).toEqual(new Map([["web\ts1", 3]]));
  });

  test("without a place of its own in time if there is none", async () => {
    const results = await read(mirroring(3), well(time), hard(time + 1));
    expect(results).toEqual(["0:0", "1:2", "1:2", "1:2"]);
  });

  test("of an object that the core sees for the first time", async () => {
    const told = { last_state_change: time - 86_400, last_hard_state_change: time - 86_280 };
    expect(await read(mirroring(3), hard(time, told))).toEqual([
      "-86400:2",
      "-86340:2",
      "-86280:2",
      "0:2",
    ]);
    expect(await read(mirroring(3), hard(time))).toEqual(["0:2", "0:2", "0:2"]);
  });

  test("with the current text, without its measurements", async () => {
    const centre = mirroring(2);
    await read(centre, well(time));
    await centre.run(hard(time + 60, { perf_data: "a=1", long_plugin_output: "more" }));
    const text = [...centre.spool.stored.values()][0]!.content.toString();
    expect(text.match(/^output=.*$/gm)).toEqual([
      `output=state 2 at ${time + 60}`,
      `output=state 2 at ${time + 60}|a=1\\nmore`,
    ]);
  });

  test("all attempts that are rendered, in one file", async () => {
    const centre = mirroring(limits.checkAttemptsMax);
    await read(centre, well(time));
    expect(await centre.run(hard(time + 60))).toMatchObject({
      written: limits.checkAttemptsMax,
      files: 1,
    });
    centre.coreReads();
    const results = readBy(centre.delivered, "s1");
    expect(standingAfter(results, limits.checkAttemptsMax)).toEqual({
      state: 2,
      isHard: true,
      attempt: 1,
    });
  });

  test("within the limit of a pass, and what is left with the next check", async () => {
    const centre = mirroring(limits.checkAttemptsMax);
    const indexes = Array.from({ length: 600 }, (_, index) => index);
    const missing = indexes.length * (limits.checkAttemptsMax - 1);
    const all = (lastCheck: number, state: number): States =>
      services(...indexes.map((index) => serviceState(index, lastCheck, state)));
    await read(centre, all(time, 0));
    const first = await centre.run(all(time + 600, 2));
    const passedOver = missing - limits.replayedPerPassMax;
    expect(first).toMatchObject({ earlier: limits.replayedPerPassMax, passedOver });
    centre.coreReads();
    const second = await centre.run(all(time + 660, 2));
    expect(second.earlier).toBeGreaterThan(0);
    expect(second.earlier).toBeLessThan(passedOver);
    expect(second.passedOver).toBe(0);
    centre.coreReads();
    for (const index of [0, 299, 599]) {
      const results = readBy(centre.delivered, `s${index}`);
      expect(standingAfter(results, limits.checkAttemptsMax)).toMatchObject({ isHard: true });
    }
  });

  test("between alerts of which some are lost", async () => {
    const { host_name, description } = serviceState(1, 0);
    const common = { host_name, description, kind: "alert", plugin_output: "" } as const;
    const alert: SiteEvent = { ...common, time: time + 30, state: 1, state_type: 1, attempt: 3 };
    const results = await read(mirroring(3), well(time), { ...well(time + 60), events: [alert] });
    expect(results).toEqual(["0:0", "10:1", "20:1", "30:1", "60:0"]);
  });

  test("again, if what was handed over was taken back", async () => {
    const centre = mirroring(3);
    await read(centre, well(time), soft(time + 10, 1));
    await centre.run(hard(time + 60));
    centre.spool.nowMs += 31 * minuteMs;
    expect(await read(centre, hard(time + 90))).toEqual(["0:0", "10:2", "50:2", "90:2"]);
  });
});

describe("attempts don't go back", () => {
  test("but through a recovery, if the site says that its state has changed", async () => {
    const states = soft(time + 100, 2, { last_state_change: time + 80 });
    const centre = mirroring(3);
    await read(centre, well(time - 60), hard(time));
    await centre.run(states);
    const text = [...centre.spool.stored.values()][0]!.content.toString();
    expect(text).toContain(`return_code=0\noutput=${recoveryOutput}\n`);
    expect((await read(centre, states)).slice(-3)).toEqual(["40:0", "80:2", "100:2"]);
  });

  test("and not at all, if it doesn't", async () => {
    const all = [hard(time), soft(time + 60, 2, { last_state_change: time - 30 })];
    expect((await read(mirroring(2), well(time - 60), ...all)).slice(-1)).toEqual(["60:2"]);
  });
});

describe("what counts otherwise", () => {
  test("a problem on a host that isn't up is hard at once", async () => {
    const down = (lastCheck: number): States["hosts"] => [hostState("web", lastCheck, 1)];
    const results = await read(
      mirroring(5),
      { ...well(time), hosts: down(time) },
      { ...hard(time + 60), hosts: down(time + 60) },
    );
    expect(results).toEqual(["0:0", "60:2"]);
  });

  test("a problem that came before attempts were mirrored is hard", async () => {
    const centre = new Centre();
    await read(centre, well(time), soft(time + 60, 1));
    centre.attemptsMax = async () => () => 5;
    expect((await read(centre, hard(time + 120))).slice(1)).toEqual(["60:2", "120:2"]);
  });

  test("with one attempt, or none mirrored, nothing is filled in and nothing remembered", async () => {
    const all = [well(time), hard(time + 60), soft(time + 120, 1)];
    for (const centre of [mirroring(1), new Centre()]) {
      expect(await read(centre, ...all)).toEqual(["0:0", "60:2", "120:2"]);
      expect((await centre.store.load()).attempts).toBeUndefined();
    }
  });

  test("the number of attempts is asked for only when something is handed over", async () => {
    const centre = new Centre();
    let asked = 0;
    centre.attemptsMax = async () => {
      asked++;
      return () => 3;
    };
    await read(centre, well(time), well(time), well(time));
    expect(asked).toBe(1);
  });
});
