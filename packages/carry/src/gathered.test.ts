import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { array, assert, nat, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { Gathered } from "./gathered.ts";

const gather = (pieces: Iterable<Uint8Array>): Gathered => {
  const gathered = new Gathered();
  for (const piece of pieces) gathered.add(piece);
  return gathered;
};

test("what comes in pieces of any size is the same in one", () => {
  const sizes = array(oneof(nat(100), nat(200_000)), { maxLength: 8 });
  const isWhole = (some: readonly number[]): void => {
    const pieces = some.map((size) => randomBytes(size));
    const gathered = gather(pieces);
    expect(Buffer.compare(gathered.bytes(), Buffer.concat(pieces))).toBe(0);
    expect(gathered.length).toBe(Buffer.concat(pieces).length);
  };
  assert(property(sizes, isWhole), { numRuns: 50 });
});

test("a million pieces of one byte take no more room than their bytes", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const line = Buffer.alloc(1_000_000, "x");
  const gathered = gather(
    (function* pieces() {
      for (let at = 0; at < line.length; at++) yield line.subarray(at, at + 1);
    })(),
  );
  expect(used() - before).toBeLessThan(10_000_000);
  expect(gathered.length).toBe(line.length);
});
