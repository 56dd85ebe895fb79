// The past of an object on its way to the core: what the site logged between two dumps.

import type { SiteEvent, States } from "@siteferry/model";
import { limits } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import {
  Centre,
  hostState,
  minuteMs,
  nowSeconds,
  services,
  serviceState,
  site,
} from "./centre-model.ts";
import { readBy, secondsPerState, SiteService } from "./site-model.ts";

const time = nowSeconds - 3600;

function alert(at: number, state: number, fields: Partial<SiteEvent> = {}): SiteEvent {
  const { host_name, description } = serviceState(1, 0);
  const common = {
    kind: "alert",
    state_type: 1,
    attempt: 1,
    plugin_output: `alert ${state}`,
  } as const;
  return { time: at, state, host_name, description, ...common, ...fields };
}

function dump(lastCheck: number, state: number, ...events: SiteEvent[]): States {
  return { ...services(serviceState(1, lastCheck, state)), events };
}

async function delivered(centre: Centre, ...all: States[]): Promise<string[]> {
  for (const states of all) {
    await centre.run(states);
    centre.coreReads();
  }
  return centre.delivered;
}

describe("changes between two dumps", () => {
  test("come before the current result, in order, with their own times and texts", async () => {
    const centre = new Centre();
    await delivered(centre, dump(time, 0));
    const events = [alert(time + 10, 2), alert(time + 20, 0), alert(time + 30, 1)];
    expect(await centre.run(dump(time + 60, 0, ...events))).toMatchObject({
      written: 4,
      earlier: 3,
      files: 1,
    });
    const [file] = [...centre.spool.stored.values()].map(({ content }) => content.toString());
    expect(file!.match(/^(start|finish)_time=.*$/gm)!.slice(0, 4)).toEqual([
      `start_time=${time + 10}.0`,
      `finish_time=${time + 10}.0`,
      `start_time=${time + 20}.0`,
      `finish_time=${time + 20}.0`,
    ]);
    expect(file!.match(/^output=.*$/gm)).toEqual([
      "output=alert 2",
      "output=alert 0",
      "output=alert 1",
      `output=state 0 at ${time + 60}`,
    ]);
    centre.coreReads();
    expect(centre.delivered.slice(1)).toEqual([
      `s1@${time + 10}:2`,
      `s1@${time + 20}:0`,
      `s1@${time + 30}:1`,
      `s1@${time + 60}:0`,
    ]);
  });

  test("that were replayed already aren't again", async () => {
    const events = [alert(time + 10, 2), alert(time + 20, 0), alert(time + 70, 2)];
    const all = await delivered(
      new Centre(),
      dump(time, 0),
      dump(time + 60, 0, ...events.slice(0, 2)),
      dump(time + 60, 0, ...events),
      dump(time + 80, 0, ...events),
    );
    expect(all.map((result) => result.slice(-1)).join("")).toBe("020020");
  });

  test("the alert of the current result is that result", async () => {
    const all = await delivered(
      new Centre(),
      dump(time, 0),
      dump(time + 60, 2, alert(time + 60, 2)),
    );
    expect(all).toHaveLength(2);
  });

  test("of the second of the current result only what came before it is replayed", async () => {
    const events = [alert(time + 60, 1), alert(time + 60, 2), alert(time + 60, 0)];
    const all = await delivered(new Centre(), dump(time, 0), dump(time + 60, 2, ...events));
    expect(all.slice(1)).toEqual([`s1@${time + 60}:1`, `s1@${time + 60}:2`]);
  });

  test("an alert that was logged seconds after its check is no second one", async () => {
    const events = [alert(time + 3, 2), alert(time + 62, 0), alert(time + 123, 2)];
    const all = await delivered(
      new Centre(),
      dump(time - 60, 0),
      dump(time, 2, ...events.slice(0, 1)),
      dump(time + 120, 2, ...events),
      dump(time + 180, 2, ...events),
    );
    expect(all.map((result) => result.slice(-1)).join("")).toBe("02022");
  });

  test("wait with the object that waits for the core", async () => {
    const centre = new Centre();
    await centre.run(dump(time, 0));
    const events = [alert(time + 10, 2), alert(time + 70, 1), alert(time + 80, 0)];
    expect(await centre.run(dump(time + 60, 2, ...events))).toMatchObject({ waitingForCore: 1 });
    centre.coreReads();
    await delivered(centre, dump(time + 120, 0, ...events));
    expect(centre.delivered.map((result) => result.slice(-1)).join("")).toBe("02100");
  });

  test("that were taken back with their file come again with the next", async () => {
    const centre = new Centre();
    await delivered(centre, dump(time, 0));
    const events = [alert(time + 10, 2), alert(time + 20, 0), alert(time + 60, 1)];
    await centre.run(dump(time + 60, 1, ...events));
    for (let pass = 0; pass < 3; pass++) {
      centre.spool.nowMs += 31 * minuteMs;
      await centre.run(dump(time + 100 + pass, 1, ...events));
    }
    centre.coreReads();
    await delivered(centre, dump(time + 200, 0, ...events));
    expect(centre.delivered).toEqual([
      `s1@${time}:0`,
      `s1@${time + 10}:2`,
      `s1@${time + 20}:0`,
      `s1@${time + 60}:1`,
      `s1@${time + 102}:1`,
      `s1@${time + 200}:0`,
    ]);
  });

  test("of an object that the core sees for the first time aren't its past", async () => {
    const events = [alert(time + 10, 2), alert(time + 20, 0)];
    expect(await delivered(new Centre(), dump(time + 60, 0, ...events))).toHaveLength(1);
  });

  test("of other kinds, in states that no core knows, of others and after the last check stay out", async () => {
    const events = [
      alert(time + 10, 2, { kind: "downtime-started" }),
      alert(time + 11, 2, { kind: "flapping-started" }),
      alert(time + 12, 7),
      alert(time + 13, 1.5),
      alert(time + 14, 2, { description: null }),
      alert(time + 15, 2, { description: serviceState(2, 0).description }),
      alert(time + 61, 2),
      alert(nowSeconds + 7200, 2),
    ];
    expect(
      await delivered(new Centre(), dump(time, 0), dump(time + 60, 0, ...events)),
    ).toHaveLength(2);
  });

  test("of hosts are replayed, and no host is CRITICAL", async () => {
    const centre = new Centre();
    const hosts = (lastCheck: number, events: SiteEvent[]): States => ({
      hosts: [hostState("web", lastCheck)],
      services: [],
      events,
    });
    const events = [1, 3, 0].map((state, n) => alert(time + n + 1, state, { description: null }));
    await delivered(centre, hosts(time, []), hosts(time + 60, events));
    expect(centre.delivered.map((result) => result.slice(-1)).join("")).toBe("0100");
  });

  test("none costs nothing", async () => {
    const centre = new Centre();
    await delivered(centre, dump(time, 0), dump(time + 60, 0), dump(time + 120, 0));
    expect((await centre.store.load()).pending.get("x")?.before).toBeUndefined();
    expect(Buffer.from(centre.store.bytes).toString()).not.toMatch(/^[-<]/m);
  });
});

describe("the last change, which each row tells itself", () => {
  test("is handed over at its own time when nobody logged it", async () => {
    const centre = new Centre();
    const problem = { ...serviceState(1, time + 60, 2), last_state_change: time + 20 };
    await delivered(centre, dump(time, 0), services(problem));
    expect(centre.delivered.slice(1)).toEqual([`s1@${time + 20}:2`, `s1@${time + 60}:2`]);
  });

  test("is handed over of a problem that the core sees for the first time", async () => {
    const since = nowSeconds - 86_400;
    const problem = { ...serviceState(1, time, 2), last_state_change: since };
    const fine = { ...serviceState(2, time, 0), last_state_change: since };
    expect(await delivered(new Centre(), services(problem, fine))).toEqual([
      `s1@${since}:2`,
      `s1@${time}:2`,
      `s2@${time}:0`,
    ]);
  });

  test("isn't believed if it can't be", async () => {
    for (const since of [time - 1, time, time + 60, time + 61, nowSeconds + 7200, -5]) {
      const problem = { ...serviceState(1, time + 60, 2), last_state_change: since };
      const all = await delivered(new Centre(), dump(time, 0), services(problem));
      expect(all, `since ${since - time}`).toHaveLength(2);
    }
  });
});

describe("a flood of changes", () => {
  const many = (count: number, index = 1): SiteEvent[] =>
    Array.from({ length: count }, (_, n) =>
      alert(time + 1 + n, (n + 1) % 2, { description: serviceState(index, 0).description }),
    );

  test("of one object is cut to its newest, and said", async () => {
    const centre = new Centre();
    await delivered(centre, dump(time, 0));
    const events = many(3000).map((event) => ({ ...event, plugin_output: "\\".repeat(60_000) }));
    const counts = await centre.run(dump(time + 3500, 0, ...events));
    expect(counts).toMatchObject({ earlier: limits.replayedPerObjectMax, passedOver: 2500 });
    expect(centre.warnings).toEqual([{ site, passedOver: 2500 }]);
    for (const { content } of centre.spool.stored.values()) {
      expect(content.length).toBeLessThan(2.2e6);
    }
    centre.coreReads();
    expect(centre.delivered[1]).toBe(`s1@${time + 2501}:1`);
  });

  test("of many objects is cut evenly, and none is spread over two files", async () => {
    const centre = new Centre();
    const indexes = Array.from({ length: 200 }, (_, index) => index);
    const all = (lastCheck: number): States =>
      services(...indexes.map((index) => serviceState(index, lastCheck)));
    await delivered(centre, all(time));
    const events = indexes.flatMap((index) => many(400, index));
    const counts = await centre.run({ ...all(time + 3500), events });
    expect(counts).toMatchObject({ earlier: 200 * 250, passedOver: 200 * 150 });
    for (const { content } of centre.spool.stored.values()) {
      const objects = content.toString().match(/^service_description=.*$/gm) ?? [];
      expect(objects.length).toBeLessThanOrEqual(limits.resultsPerFileMax);
      for (const object of new Set(objects)) {
        expect(objects.filter((other) => other === object)).toHaveLength(251);
      }
    }
  });
});

describe("a day with 200 flaps that are shorter than the interval of dumps", () => {
  test("has the same hours per state at the centre", async () => {
    const begin = nowSeconds - 86_400;
    const centre = new Centre();
    const service = new SiteService(1, 1, begin);
    let events: SiteEvent[] = [];
    for (let minute = 1; minute <= 1440; minute++) {
      const now = begin + minute * 60;
      // Dumps are on the minute: it fails and recovers between two of them.
      if (minute % 7 === 0 && minute < 1401) {
        service.check(now - 50, (minute % 3) + 1);
        service.check(now - 50 + (minute % 40), 0);
      }
      service.check(now, 0);
      // A keyframe each quarter of an hour, and a bundle in five is lost.
      if (minute % 15 === 0) events = service.alerts.filter(({ time: at }) => at > now - 900);
      else events = service.alerts.filter(({ time: at }) => at > now - 900 - (minute % 15) * 60);
      if (minute % 5 === 4) continue;
      centre.spool.nowMs = now * 1000;
      await centre.run({ ...services(service.row), events });
      centre.coreReads();
    }
    const end = begin + 86_400;
    const atSite = service.changes();
    expect(atSite).toHaveLength(401);
    const atCentre = readBy(centre.delivered, "s1").filter(
      ({ state }, index, all) => index === 0 || all[index - 1]!.state !== state,
    );
    // The core's first sight is the first dump; it was well until then.
    expect(secondsPerState(atCentre, end).slice(1)).toEqual(secondsPerState(atSite, end).slice(1));
    expect(
      secondsPerState(atSite, end)
        .slice(1)
        .every((seconds) => seconds > 600),
    ).toBe(true);
  });
});
