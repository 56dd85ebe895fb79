import { PassThrough } from "node:stream";
import { limits } from "@siteferry/model";
import { expect, test } from "vitest";
import { type Ending, listenTo } from "../ending.ts";
import { judge } from "./answer.ts";

const ending: Ending = { status: 0, signal: null, output: Buffer.from("receipt"), complaint: "" };
const failure = (change: Partial<Ending>): unknown => {
  try {
    return judge("central:22", { ...ending, ...change });
  } catch (error) {
    return error;
  }
};

test("a receipt, or none", () => {
  expect(judge("central:22", ending)).toEqual(Buffer.from("receipt"));
  expect(judge("central:22", { ...ending, output: Buffer.alloc(0) })).toBeNull();
});

test.each([
  [{ status: 75 }, "receiver-busy", "central:22 can't take it now"],
  [{ status: 76, complaint: "no\n\n key\n" }, "centre-refused", "central:22 refuses it: no / key"],
  [{ status: 127 }, "link-protocol", "status 127"],
  [{ status: null, signal: "KILL" }, "link-protocol", "ended by KILL"],
  [{ status: null }, "link-protocol", "ended by nobody knows what"],
  [{ output: null }, "link-protocol", "more than 4096 bytes"],
])("%j is %s", (change, code, message) => {
  expect(failure(change)).toMatchObject({ code, message: expect.stringContaining(message) });
});

test("of what is said only so much is kept as is needed, and nothing of it reaches a terminal raw", async () => {
  const output = new PassThrough();
  const complaint = new PassThrough();
  const heard = listenTo(output, complaint);
  output.end(Buffer.alloc(limits.receiptBytesMax));
  complaint.end(`${"x".repeat(100_000)}\u001b[31mthe end`);
  await new Promise((resolve) => complaint.once("end", resolve));
  expect(heard().output).toHaveLength(limits.receiptBytesMax);
  expect(heard().complaint).toHaveLength(2000);
  expect(failure({ status: 1, complaint: "\u001b[31m" })).toMatchObject({
    message: expect.stringContaining("\\x1b[31m"),
  });
  const tooMuch = new PassThrough();
  const heardToo = listenTo(tooMuch, new PassThrough());
  tooMuch.end(Buffer.alloc(limits.receiptBytesMax + 1));
  await new Promise((resolve) => tooMuch.once("end", resolve));
  expect(heardToo().output).toBeNull();
});
