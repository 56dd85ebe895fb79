import { expect, test } from "vitest";
import { makeKeys } from "./agents.ts";
import { runCourse } from "./course.ts";
import { Scene } from "./scene.ts";

test("the same seed is the same run, act by act", async () => {
  const options = { steps: 12, restores: false };
  const keys = await makeKeys();
  const traces: (readonly string[])[] = [];
  for (const seed of [7, 7, 8]) {
    const scene = new Scene(seed, keys);
    expect(await runCourse(scene, options)).toEqual([]);
    traces.push(scene.trace);
  }
  expect(traces[0]!.length).toBeGreaterThan(20);
  expect(traces[1]).toEqual(traces[0]);
  expect(traces[2]).not.toEqual(traces[0]);
});
