import { makeReceipt } from "@siteferry/bundle";
import { signer } from "@siteferry/bundle/forge";
import type { FileSystem } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { readdir, utimes } from "node:fs/promises";
import { expect, test } from "vitest";
import { readOutbox } from "./read-outbox.ts";
import { fails, fakeLink, makeOffice } from "./test-office.ts";

/** One link that acknowledges, one that doesn't, and the first configuration and keyframe. */
async function makeMixed(deliver?: "first") {
  const office = await makeOffice();
  const [telling, silent] = [fakeLink("telling", true), fakeLink("silent")];
  telling.receipt = (content) => makeReceipt(content, signer, office.nowMs);
  await office.put("config", 1);
  await office.put("keyframe", 2);
  const links = [telling, silent];
  const more = { keepsPauses: false, ...(deliver && { deliver }) };
  return {
    office,
    telling,
    silent,
    sent: () => links.map(({ sent }) => sent),
    /** Another process each time: it knows of the one before what is on the disk. */
    run: async ({ isDue }: { isDue: boolean }) => {
      await office.repeat(isDue, links, more);
      return await office.ship(links, more);
    },
    [Symbol.asyncDispose]: () => office[Symbol.asyncDispose](),
  };
}

test.each(["first", "last"])(
  "only a link that can't tell of a loss carries it again, also if the other was the %s to take it",
  async (place) => {
    await using mixed = await makeMixed();
    const late = place === "first" ? mixed.silent : mixed.telling;
    late.before = async () => await new Promise((done) => setTimeout(done, 30));
    await mixed.run({ isDue: false });
    expect(await mixed.run({ isDue: true })).toMatchObject({ shipped: 2, waiting: 0 });
    await mixed.run({ isDue: false });
    expect(await mixed.run({ isDue: true })).toMatchObject({ shipped: 2, waiting: 0 });
    expect(mixed.sent()).toEqual([
      [1, 2],
      [1, 2, 1, 2, 1, 2],
    ]);
  },
);

test("a link that hasn't had it yet gets it once", async () => {
  await using mixed = await makeMixed();
  mixed.telling.before = fails("link-timeout");
  await mixed.run({ isDue: false });
  expect(await mixed.run({ isDue: true })).toMatchObject({ shipped: 0, waiting: 2 });
  mixed.telling.before = () => {};
  expect(await mixed.run({ isDue: false })).toMatchObject({ shipped: 2, waiting: 0 });
  expect(mixed.sent()).toEqual([
    [1, 2],
    [1, 2, 1, 2],
  ]);
});

test("deliver: first repeats what only a one-way link has had, through the first that works", async () => {
  await using mixed = await makeMixed("first");
  mixed.telling.before = (sequence) => {
    if (sequence === 2) fails("link-timeout")();
  };
  await mixed.run({ isDue: false });
  expect(mixed.sent()).toEqual([[1], [2]]);
  expect(await mixed.run({ isDue: true })).toMatchObject({ shipped: 1 });
  expect(mixed.sent()).toEqual([[1], [2, 2]]);
  mixed.telling.before = () => {};
  await mixed.run({ isDue: true });
  expect(await mixed.run({ isDue: true })).toMatchObject({ shipped: 0 });
  expect(mixed.sent()).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test("a run that dies before it ships leaves to the next what has to travel again", async () => {
  await using office = await makeOffice();
  const links = [fakeLink("silent")];
  await office.put("config", 1);
  await office.put("keyframe", 2);
  await office.repeat(false, links);
  await office.ship(links);
  await office.repeat(true, links);
  expect(await office.ship(links)).toMatchObject({ shipped: 2 });
  expect(links[0]!.sent).toEqual([1, 2, 1, 2]);
});

test("it waits since it was put there again; what never left the outbox since it was sealed", async () => {
  await using mixed = await makeMixed();
  const { office, telling, silent } = mixed;
  telling.before = (sequence) => {
    if (sequence === 2) fails("link-timeout")();
  };
  await mixed.run({ isDue: false });
  for (const name of await readdir(`${office.spool}/copies`)) {
    await utimes(`${office.spool}/copies/${name}`, 50, 50);
  }
  silent.before = fails("link-timeout");
  await mixed.run({ isDue: true });
  const waiting = await readOutbox(nodeFiles, office.spool);
  expect(waiting.map(({ kind, sinceMs }) => [kind, sinceMs > 50_000])).toEqual([
    ["config", true],
    ["keyframe", false],
  ]);
});

test("of what a lane sends as soon as it is there, the copy is there before", async () => {
  await using office = await makeOffice();
  const silent = fakeLink("silent");
  const copies = `${office.spool}/copies`;
  const seen: (readonly string[])[] = [];
  const files: FileSystem = {
    ...nodeFiles,
    async link(from, to) {
      await nodeFiles.link(from, to);
      if (!to.includes("/outbox/")) return;
      seen.push(await readdir(copies));
      await nodeFiles.unlink(to);
    },
  };
  for (const sequence of [1, 2]) await office.seal("keyframe", sequence, [silent], files);
  await office.repeat(true, [silent]);
  expect(await office.outbox()).toEqual([2]);
  expect(seen.map((names) => names.length)).toEqual([1, 2]);
});
