// What opening may cost: a bundle that passes every check of form still can't take the process's
// memory or time.

import { hostTable, Refusal, type RefusalCode } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { forge, open, serviceLine, trust } from "./forge.ts";
import { columnsLine } from "./layout.ts";
import type { Pace } from "./pace.ts";
import { readMember } from "./read-member.ts";
import { realPace } from "./world/real-pace.ts";

const services = Array.from({ length: 50 }, (_, index) => serviceLine({ 1: `S${index}` }));
const bundle = forge({ lines: { service_states: services } });

describe("the deadline", () => {
  const timeout = { code: "opening-timeout" satisfies RefusalCode, number: "R30" };
  test("R30 is looked at in every row", async () => {
    let rows = 0;
    const pace: Pace = {
      breathe() {
        rows++;
        if (rows < 40) return undefined;
        throw new Refusal("opening-timeout", "late");
      },
    };
    await expect(open(bundle, trust, { pace })).rejects.toMatchObject(timeout);
    expect(rows).toBe(40);
  });
  test("R30 ends an opening that goes on and on, with everything else getting its turn", async () => {
    const pace = realPace(1000);
    let turns = 0;
    const other = setInterval(() => turns++, 1);
    const endless = async (): Promise<never> => {
      for (;;) await pace.breathe();
    };
    await expect(endless()).rejects.toMatchObject(timeout);
    clearInterval(other);
    expect(turns).toBeGreaterThan(0);
  });
  test("an opening that stops for breath after each row gives the same rows", async () => {
    const pace: Pace = { breathe: () => Promise.resolve() };
    expect(await open(bundle, trust, { pace })).toEqual(await open(bundle));
  });
});

describe("R31 entries of lists, which cost more memory than their bytes", () => {
  async function read(groups: unknown[], variables: unknown[], left: number): Promise<string> {
    const texts = ["web1", "Web", "192.0.2.1", [], "Web", "check", 3, 1, 1, 1, groups, [], []];
    const line = JSON.stringify([...texts, null, null, null, null, variables]);
    const content = Buffer.from(`${columnsLine(hostTable)}\n${line}\n`);
    const options = { count: 1, entries: { left }, pace: realPace() };
    return readMember(hostTable, content, options).then(
      () => "accepted",
      (error: { code: string }) => error.code,
    );
  }
  test("in lists", async () => {
    expect(await read(["a", "b"], [], 2)).toBe("accepted");
    expect(await read(["a", "b", "c"], [], 2)).toBe("record-entries");
  });
  test("in pairs", async () => {
    expect(await read(["a"], [["A", "b"]], 2)).toBe("accepted");
    expect(
      await read(
        ["a"],
        [
          ["A", "b"],
          ["C", "d"],
        ],
        2,
      ),
    ).toBe("record-entries");
  });
});
