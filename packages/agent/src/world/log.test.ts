import { expect, test } from "vitest";
import { openLog } from "./log.ts";

/** A file on a disk that has room for `room` more bytes, as an operator sees it. */
function makeDisk(): { room: number; text: string; write(bytes: Uint8Array): number } {
  return {
    room: Infinity,
    text: "",
    write(bytes) {
      if (this.room === 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      const some = bytes.subarray(0, this.room);
      this.text += Buffer.from(some).toString();
      this.room -= some.length;
      return some.length;
    },
  };
}

function messagesIn(text: string): unknown[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { msg: unknown }).msg);
}

test("lines that a full disk doesn't take are let go, and counted when it has room again", async () => {
  const disk = makeDisk();
  const log = await openLog({ name: "receiver", level: "info" }, (bytes) => disk.write(bytes));
  log.info({}, "one");
  disk.room = 0;
  for (let count = 0; count < 3; count += 1) log.error({}, "lost");
  disk.room = Infinity;
  log.info({}, "two");
  log.info({}, "three");
  expect(messagesIn(disk.text)).toEqual([
    "one",
    "two",
    "Lines of this log that couldn't be written: 3",
    "three",
  ]);
});

test("what can't be told for lack of room is told later, in full", async () => {
  const disk = makeDisk();
  disk.room = 0;
  const log = await openLog({ name: "receiver", level: "error" }, (bytes) => disk.write(bytes));
  log.error({}, "lost");
  disk.room = 120;
  log.error({}, "one");
  disk.room = Infinity;
  disk.text = "";
  log.error({}, "two");
  expect(disk.text).toContain('"lost":1,');
});

test("a line of which only the beginning fitted doesn't spoil the next one", async () => {
  const disk = makeDisk();
  const log = await openLog({ name: "receiver", level: "info" }, (bytes) => disk.write(bytes));
  disk.room = 20;
  log.info({}, "torn");
  log.info({}, "lost");
  disk.room = Infinity;
  log.info({}, "whole");
  const [torn, ...rest] = disk.text.split("\n");
  expect(torn).toHaveLength(20);
  expect(messagesIn(rest.join("\n"))).toEqual(["whole", expect.stringMatching(/written: 2$/)]);
});

test("a reader that is slow gets every line", async () => {
  const disk = makeDisk();
  let isBusy = true;
  const log = await openLog({ name: "receiver", level: "info" }, (bytes) => {
    isBusy = !isBusy;
    if (!isBusy) throw Object.assign(new Error("busy"), { code: "EAGAIN" });
    return disk.write(bytes.subarray(0, 30));
  });
  log.info({}, "one");
  log.info({}, "two");
  expect(messagesIn(disk.text)).toEqual(["one", "two"]);
});
