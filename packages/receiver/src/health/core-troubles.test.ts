import { nodeFiles } from "@siteferry/spool";
import { freePort } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { icinga2Directory, icinga2Schema } from "../icinga2-settings.ts";
import { packageStore } from "../package-store.ts";
import { makeCentre, noCore, nowMs } from "../test-centre.ts";
import { noRuns } from "../page/run-record.ts";
import { openPage } from "../world/open-page.ts";
import { lookAtReceiver } from "../world/run-receiver.ts";
import { coreTroubles } from "./core-troubles.ts";
import { readFacts } from "./facts.ts";

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const random = { bytes: (count: number) => new Uint8Array(count) };

test("what an Icinga 2 refuses is its site's, or the receiver's if no site is to blame", async () => {
  const keys = { url: "https://core:5665", ca: "/ca", password: "/password" };
  await using centre = await makeCentre({ remote1: {}, remote2: {} }, undefined, [], {
    targets: () => [{ icinga2: keys }],
  });
  const spool = `${centre.path}/receiver`;
  const opening = {
    world: { files: nodeFiles, random, log, clock: { now: () => nowMs } },
    settings: { ...centre.settings, spool: centre.path },
    spool,
    core: noCore,
    groupId: async () => null,
  };
  const store = packageStore(opening.world, icinga2Directory(spool, icinga2Schema.parse(keys)));
  const rejectedNow = async (): Promise<unknown> =>
    (await readFacts(opening)).sites.map(({ rejected }) => rejected);
  const memory = await store.load();
  await store.save({ ...memory, rejected: { remote2: "critical: re-defined" } });
  expect([await rejectedNow(), await coreTroubles(opening)]).toEqual([
    [null, "critical: re-defined"],
    [],
  ]);
  await store.save({ ...memory, rejected: { "": "critical: its own" } });
  const words =
    "nothing new goes live at https://core:5665: the core refuses it: critical: its own";
  expect([await rejectedNow(), await coreTroubles(opening)]).toEqual([[null, null], [words]]);
  // What status and check say, and what the page counts.
  expect((await lookAtReceiver(opening.settings, log)).troubles).toContain(words);
  const asking = { ...opening, freeSpace: async () => 1 };
  const page = await openPage(
    asking,
    { listen: `127.0.0.1:${await freePort()}`, names: [] },
    () => noRuns,
  );
  const metrics = await (await fetch(`http://127.0.0.1:${page.port}/metrics`)).text();
  await page.close();
  expect(metrics).toMatch(/^siteferry_receiver_troubles 1$/m);
});
