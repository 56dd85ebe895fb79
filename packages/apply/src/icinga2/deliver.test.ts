import type { HostName, ServiceDescription, ServiceState, SiteId, States } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import {
  type AppliedRecord,
  type AppliedStore,
  decodeApplied,
  encodeApplied,
  nothingApplied,
} from "../check-results/applied.ts";
import { CoreModel, unreachable } from "./core-model.ts";
import { deliverStates, type Icinga2Counts } from "./deliver.ts";

const site = "remote1" as SiteId;

function state(number: number, lastCheck: number, value = 0): ServiceState {
  return {
    host_name: "web" as HostName,
    description: `s${number}` as ServiceDescription,
    has_been_checked: 1,
    state: value,
    state_type: 1,
    current_attempt: 1,
    last_check: lastCheck,
    last_state_change: 0,
    last_hard_state: null,
    last_hard_state_change: null,
    latency: 0,
    execution_time: 0.5,
    plugin_output: "text",
    long_plugin_output: "",
    perf_data: "",
    acknowledged: 0,
    acknowledgement_type: null,
    scheduled_downtime_depth: 0,
    is_flapping: null,
    percent_state_change: null,
    staleness: null,
  };
}

const services = (...rows: readonly ServiceState[]): States => ({ hosts: [], services: rows });
const many = (count: number, at: number, value = 0): States =>
  services(...Array.from({ length: count }, (_, index) => state(index, at, value)));

class Centre {
  readonly core: CoreModel = new CoreModel();
  saved: Uint8Array = encodeApplied(nothingApplied);
  saves = 0;
  beforeSave: (count: number) => void = () => {};
  mayHaveLost = false;
  secondsAhead = 0;
  readonly store: AppliedStore = {
    load: async (): Promise<AppliedRecord> => decodeApplied(this.saved),
    save: async (_, record) => {
      this.beforeSave(this.saves++);
      this.saved = encodeApplied(record);
    },
  };

  /** The core has these services and nothing of them. */
  has(count: number): void {
    const fresh = { state: 3, checkedUntil: 0 };
    for (let index = 0; index < count; index++) this.core.objects.set(`web\ts${index}`, fresh);
  }

  async run(states: States): Promise<Icinga2Counts> {
    const quiet = (): void => {};
    const { core, store, mayHaveLost } = this;
    const world = {
      clock: { now: () => 2_000_000 },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      store,
      api: core.api,
      coreObjects: core.api.coreObjects,
      connections: 4,
    };
    return await deliverStates(world, {
      secondsAhead: this.secondsAhead,
      site,
      states,
      hostName: (name) => name,
      mayHaveLost,
    });
  }
}

describe("results", () => {
  test("R50 one for each check that ran; the same, and an older one, never again", async () => {
    const centre = new Centre();
    centre.has(2);
    expect(await centre.run(services(state(0, 1000), state(1, 1000)))).toMatchObject({
      written: 2,
    });
    expect(await centre.run(services(state(0, 1001, 2), state(1, 999)))).toMatchObject({
      written: 1,
      older: 1,
    });
    expect(centre.core.taken).toEqual(["s0@1000:0", "s1@1000:0", "s0@1001:2"]);
  });

  test("of a site whose clock is ahead are put right, and compared so with what the core has", async () => {
    const centre = new Centre();
    centre.has(1);
    centre.secondsAhead = 45;
    expect(await centre.run(services(state(0, 1000)))).toMatchObject({ written: 1 });
    centre.mayHaveLost = true;
    centre.secondsAhead = 44;
    expect(await centre.run(services(state(0, 1000)))).toMatchObject({ written: 0, unchanged: 1 });
    expect(centre.core.taken).toEqual(["s0@955:0"]);
    centre.core.objects.set("web\ts0", { state: 0, checkedUntil: 900 });
    expect(await centre.run(services(state(0, 1000)))).toMatchObject({ written: 1 });
  });

  test("a correction that begins makes no result older than what the core has, one that ends neither", async () => {
    const centre = new Centre();
    centre.has(1);
    await centre.run(many(1, 1000, 0));
    centre.secondsAhead = 31;
    expect(await centre.run(many(1, 1011, 2))).toMatchObject({ written: 1, newerAtCore: 0 });
    expect(await centre.run(many(1, 1040, 1))).toMatchObject({ written: 1 });
    centre.secondsAhead = 0;
    expect(await centre.run(many(1, 1008, 2))).toMatchObject({ older: 1, written: 0 });
    expect(await centre.run(many(1, 1020, 2))).toMatchObject({ older: 0, written: 1 });
    expect(centre.core.taken).toEqual(["s0@1000:0", "s0@1000:2", "s0@1009:1", "s0@1020:2"]);
  });

  test("one for which the core has a newer is done with; one that it refuses is offered again", async () => {
    const centre = new Centre();
    centre.has(1);
    centre.core.answer = "refused";
    expect(await centre.run(many(1, 1000))).toMatchObject({ written: 0, refusedByCore: 1 });
    centre.core.answer = "newer";
    expect(await centre.run(many(1, 1000))).toMatchObject({ written: 0, newerAtCore: 1 });
    expect(await centre.run(many(1, 1000))).toMatchObject({ newerAtCore: 0, unchanged: 1 });
  });

  test("objects that aren't there wait, without a question for each of them, and come later", async () => {
    const centre = new Centre();
    centre.has(10);
    expect(await centre.run(many(500, 1000))).toMatchObject({
      written: 10,
      waitingForConfiguration: 490,
    });
    expect(centre.core.asked).toBeLessThan(25);
    centre.has(500);
    expect(await centre.run(many(500, 1000))).toMatchObject({ written: 490, unchanged: 10 });
    expect(new Set(centre.core.taken).size).toBe(500);
    expect(centre.core.taken).toHaveLength(500);
  });

  test("a user that may not hand over results is told so; nothing is taken for missing", async () => {
    const centre = new Centre();
    centre.has(3);
    centre.core.answer = "missing";
    await expect(centre.run(many(3, 1000))).rejects.toMatchObject({ code: "core-refused" });
  });

  test("a core that goes away in the middle: the next run goes on where it stood", async () => {
    const centre = new Centre();
    centre.has(3000);
    centre.core.beforeResult = (count) => {
      if (count >= 1700) throw unreachable();
    };
    await expect(centre.run(many(3000, 1000))).rejects.toMatchObject({ code: "core-unreachable" });
    centre.core.beforeResult = () => {};
    await centre.run(many(3000, 1000));
    expect(centre.core.taken).toHaveLength(3000);
    expect(new Set(centre.core.taken).size).toBe(3000);
  });

  test("a receiver that dies at any save or result: nothing is lost and nothing comes twice", async () => {
    for (let at = 0; at < 40; at += 1) {
      for (const moment of ["save", "result", "answer"] as const) {
        const centre = new Centre();
        centre.has(12);
        await centre.run(many(12, 1000));
        let isDead = false;
        const die = (count: number): void => {
          if (isDead || count === at) {
            isDead = true;
            throw new Error("died");
          }
        };
        const from = centre.core.asked;
        centre.core.beforeResult = (count) => {
          if (moment === "result") die(count - from);
        };
        const savedAt = centre.saves;
        centre.beforeSave = (count) => {
          if (moment === "save") die(count - savedAt);
          else if (isDead) throw new Error("died");
        };
        const { deliver } = centre.core.api;
        let answers = 0;
        const mutable = centre.core.api as { deliver: typeof deliver };
        mutable.deliver = async (parameters) => {
          const outcome = await deliver(parameters);
          if (moment === "answer") die(answers++);
          return outcome;
        };
        const rows = many(12, 1001, 2);
        await centre.run(rows).catch(() => {});
        mutable.deliver = deliver;
        centre.beforeSave = () => {};
        centre.core.beforeResult = () => {};
        await centre.run(rows);
        expect(centre.core.taken, `${moment} ${at}`).toHaveLength(24);
        expect(new Set(centre.core.taken).size).toBe(24);
      }
    }
  });

  test("what a core that restarted has lost is handed over again, and no more", async () => {
    const centre = new Centre();
    centre.has(4);
    await centre.run(many(4, 1000, 1));
    centre.core.objects.set("web\ts1", { state: 3, checkedUntil: 0 });
    centre.core.objects.set("web\ts2", { state: 0, checkedUntil: 900.5 });
    centre.core.objects.delete("web\ts3");
    centre.mayHaveLost = true;
    centre.core.taken.length = 0;
    expect(await centre.run(many(4, 1000, 1))).toMatchObject({
      written: 2,
      waitingForConfiguration: 1,
      unchanged: 1,
    });
    expect(centre.core.taken.sort()).toEqual(["s1@1000:1", "s2@1000:1"]);
  });
});
