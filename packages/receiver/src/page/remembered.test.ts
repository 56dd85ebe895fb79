import { expect, test } from "vitest";
import { remembered } from "./remembered.ts";

function reading() {
  const clock = { ms: 1_000_000, now: () => clock.ms };
  let count = 0;
  let tookMs = 0;
  let fails = false;
  const read = remembered(clock, async () => {
    count += 1;
    await Promise.resolve();
    clock.ms += tookMs;
    if (fails) throw new Error("no");
    return count;
  });
  return {
    clock,
    read,
    takes: (ms: number) => void (tookMs = ms),
    failing: (is: boolean) => void (fails = is),
  };
}

test("those who ask at once share a reading, and for two seconds after it", async () => {
  const { clock, read } = reading();
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
  clock.ms += 1_999;
  expect(await read()).toBe(1);
  clock.ms += 1;
  expect(await read()).toBe(2);
});

test("what took long is kept for ten times as long", async () => {
  const { clock, read, takes } = reading();
  takes(1_500);
  expect(await read()).toBe(1);
  await Promise.resolve();
  clock.ms += 14_000;
  expect(await read()).toBe(1);
  clock.ms += 1_000;
  expect(await read()).toBe(2);
});

test("a failure isn't kept, and a clock that is put back makes nothing fresh for hours", async () => {
  const { clock, read, failing } = reading();
  failing(true);
  await expect(read()).rejects.toThrow("no");
  failing(false);
  await Promise.resolve();
  expect(await read()).toBe(2);
  clock.ms -= 3_600_000;
  expect(await read()).toBe(3);
});
