import { makeReceipt } from "@siteferry/bundle";
import { forge, serviceLine, signer } from "@siteferry/bundle/forge";
import { Busy } from "@siteferry/carry";
import { FerryError } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { isFailing, loadLinks } from "./links.ts";
import { Lanes } from "./ship.ts";
import { fails, fakeLink, makeOffice } from "./test-office.ts";

test("a bundle leaves the outbox when all links have it, and goes through none of them twice", async () => {
  await using office = await makeOffice();
  const [good, bad] = [fakeLink("good"), fakeLink("bad")];
  bad.before = fails("link-timeout");
  await office.put("config", 1);
  await office.put("keyframe", 2);
  expect(await office.ship([good, bad])).toMatchObject({ shipped: 0, waiting: 2 });
  bad.before = () => {};
  office.nowMs += 3_600_000;
  // Another process: what was taken is known from the disk.
  expect(await office.ship([good, bad])).toMatchObject({ shipped: 2, waiting: 0 });
  expect([good.sent, bad.sent]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test("a link that is used no more is forgotten on the disk too, and doesn't count as failing", async () => {
  await using office = await makeOffice();
  const [good, dead] = [fakeLink("good"), fakeLink("dead")];
  dead.before = fails("link-timeout");
  await office.put("keyframe", 1);
  await office.ship([good, dead]);
  const known = async () => Object.keys(await loadLinks(nodeFiles, `${office.spool}/state`));
  expect(await known()).toEqual(["good", "dead"]);
  await office.ship([good]);
  expect(await known()).toEqual(["good"]);
});

test("deliver: first forgets that a link behind failed once the first one works again", async () => {
  await using office = await makeOffice();
  const [first, second] = [fakeLink("first"), fakeLink("second")];
  const failing = async (): Promise<readonly string[]> => {
    const links = await loadLinks(nodeFiles, `${office.spool}/state`);
    return Object.keys(links).filter((name) => isFailing(links[name]!));
  };
  for (const link of [first, second]) link.before = fails("link-timeout");
  await office.put("keyframe", 1);
  await office.ship([first, second], { deliver: "first" });
  expect(await failing()).toEqual(["first", "second"]);
  first.before = () => {};
  office.nowMs += 3_600_000;
  await office.ship([first, second], { deliver: "first" });
  expect([await failing(), second.sent]).toEqual([[], []]);
});

test("what all links had when the run died leaves the outbox in the next one, unsent", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  await office.put("keyframe", 1);
  const dying = {
    ...nodeFiles,
    unlink: async (path: string) => {
      if (path.includes("/outbox/")) throw new Error("the end");
      await nodeFiles.unlink(path);
    },
  };
  await expect(office.ship([link], {}, dying)).rejects.toThrow("the end");
  expect(await office.ship([link])).toMatchObject({ shipped: 1, waiting: 0 });
  expect(link.sent).toEqual([1]);
});

test("deliver: first uses the next link only while those before it fail", async () => {
  await using office = await makeOffice();
  const [first, second] = [fakeLink("first"), fakeLink("second")];
  await office.put("keyframe", 1);
  await office.ship([first, second], { deliver: "first" });
  first.before = fails("link-timeout");
  await office.put("keyframe", 2);
  expect(await office.ship([first, second], { deliver: "first" })).toMatchObject({ waiting: 0 });
  expect([first.sent, second.sent]).toEqual([[1], [2]]);
});

test("deliver: first sends heartbeats through the first link only, once the epoch is known", async () => {
  await using office = await makeOffice();
  const [first, second] = [fakeLink("first"), fakeLink("second")];
  first.before = async () => await new Promise((done) => setTimeout(done, 20));
  await office.put("keyframe", 1);
  await office.ship([first, second], { deliver: "first" });
  for (let sequence = 2; sequence <= 5; sequence++) {
    await office.put("delta", sequence);
    await office.ship([first, second], { deliver: "first" });
  }
  expect([first.sent, second.sent]).toEqual([[1, 2, 3, 4, 5], []]);
  // The centre has the keyframe, whoever carried it: no heartbeat waits behind another one.
  first.before = fails("link-timeout");
  second.before = (sequence) => {
    if (sequence === 6) fails("link-timeout")();
  };
  await office.put("keyframe", 6);
  await office.put("delta", 7);
  await office.ship([first, second], { deliver: "first" });
  expect(second.sent).toEqual([7]);
});

test("deliver: first isn't held up by a second link that hangs", async () => {
  await using office = await makeOffice();
  const [first, second] = [fakeLink("first"), fakeLink("second")];
  const [begins, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  second.before = async () => {
    begins.resolve();
    await answer.promise;
  };
  const lanes = new Lanes();
  const patience = (all: Promise<unknown>): Promise<unknown> => Promise.race([all, begins.promise]);
  const daemon = { lanes, patience, deliver: "first" } as const;
  for (const [at, kind] of (["keyframe", "delta", "keyframe", "keyframe"] as const).entries()) {
    await office.put(kind, at + 1);
    await office.ship([first, second], daemon);
  }
  answer.resolve();
  await Promise.all(lanes.running.values());
  expect([first.sent, second.sent]).toEqual([[1, 2, 3, 4], []]);
});

test("pauses grow up to 15 minutes and never end the trying; a success ends them", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  let tries = 0;
  link.before = () => {
    tries += 1;
    throw new FerryError("link-timeout", "as the test wishes");
  };
  await office.put("keyframe", 1);
  const pauses: number[] = [];
  for (let failure = 0; failure < 9; failure++) {
    const since = office.nowMs;
    const before = tries;
    while (tries === before) {
      await office.ship([link]);
      if (tries === before) office.nowMs += 15_000;
    }
    pauses.push((office.nowMs - since) / 1000);
  }
  expect(pauses).toEqual([0, 30, 60, 120, 240, 480, 900, 900, 900]);
  link.before = () => {};
  office.nowMs += 900_000;
  expect(await office.ship([link])).toMatchObject({ shipped: 1 });
  await office.put("keyframe", 2);
  expect(await office.ship([link])).toMatchObject({ shipped: 1 });
});

test("a single run doesn't keep pauses, and a pause that the centre asks for is kept", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  link.before = () => {
    throw new Busy("as the test wishes", 600_000);
  };
  await office.put("keyframe", 1);
  await office.ship([link]);
  link.before = () => {};
  office.nowMs += 500_000;
  expect(await office.ship([link])).toMatchObject({ waiting: 1 });
  expect(await office.ship([link], { keepsPauses: false })).toMatchObject({ shipped: 1 });
});

test("a heartbeat goes past a keyframe that can't get through, once its epoch is known", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  await office.put("keyframe", 1);
  await office.ship([link]);
  link.before = (sequence) => {
    if (sequence === 2) throw new FerryError("link-timeout", "too large for this line");
  };
  await office.put("keyframe", 2);
  await office.put("delta", 3);
  expect(await office.ship([link])).toMatchObject({ shipped: 1, waiting: 1 });
  expect(link.sent).toEqual([1, 3]);
});

test("what waited for a link goes through it in one run, the delta of a new epoch too", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  await office.put("config", 1);
  await office.put("keyframe", 2);
  await office.put("delta", 3);
  expect(await office.ship([link])).toMatchObject({ shipped: 3, waiting: 0 });
  expect(link.sent).toEqual([1, 2, 3]);
});

test("a link that hangs keeps neither the run nor the other links waiting, and ends by itself", async () => {
  await using office = await makeOffice();
  const [hanging, good] = [fakeLink("hanging"), fakeLink("good")];
  const answer = Promise.withResolvers<void>();
  hanging.before = async () => await answer.promise;
  const lanes = new Lanes();
  const daemon = { lanes, patience: async () => await lanes.running.get("good bulk") };
  await office.put("keyframe", 1);
  await office.ship([hanging, good], daemon);
  await office.put("keyframe", 2);
  await office.ship([hanging, good], daemon);
  expect([hanging.sent, good.sent]).toEqual([[], [1, 2]]);
  answer.resolve();
  await Promise.all(lanes.running.values());
  // It took what came meanwhile, too.
  expect([hanging.sent, await office.outbox()]).toEqual([[1, 2], []]);
});

test("what breaks off because the process ends is no failure of its link, and no other link gets it", async () => {
  await using office = await makeOffice();
  const [first, second] = [fakeLink("first"), fakeLink("second")];
  const lanes = new Lanes();
  first.before = () => {
    lanes.stopping = true;
    fails("link-timeout")();
  };
  await office.put("keyframe", 1);
  await office.ship([first, second], { lanes, deliver: "first" });
  expect(second.sent).toEqual([]);
  first.before = () => {};
  expect(await office.ship([first, second], { deliver: "first" })).toMatchObject({ shipped: 1 });
  expect([first.sent, second.sent]).toEqual([[1], []]);
});

test("without a true receipt for just this bundle nothing leaves the outbox", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link", true);
  await office.put("keyframe", 1);
  const receipts = [
    () => null,
    () => Buffer.from("OK"),
    () => makeReceipt(forge({ lines: { service_states: [serviceLine()] } }), signer, office.nowMs),
  ];
  for (const receipt of receipts) {
    link.receipt = receipt;
    expect(await office.ship([link], { keepsPauses: false })).toMatchObject({ shipped: 0 });
  }
  link.receipt = (content) => makeReceipt(content, signer, office.nowMs);
  expect(await office.ship([link], { keepsPauses: false })).toMatchObject({ shipped: 1 });
});

test("what the centre refuses waits alone, is counted, and is offered again", async () => {
  await using office = await makeOffice();
  const link = fakeLink("link");
  link.before = (sequence) => {
    if (sequence === 1) fails("centre-refused")();
  };
  await office.put("config", 1);
  await office.put("keyframe", 2);
  expect(await office.ship([link])).toEqual({ shipped: 1, waiting: 1, refusedByCentre: 1 });
  expect(await office.ship([link])).toEqual({ shipped: 0, waiting: 1, refusedByCentre: 0 });
  link.before = () => {};
  office.nowMs += 300_000;
  expect(await office.ship([link])).toMatchObject({ shipped: 1, waiting: 0 });
});
