import { parseSiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

const site = parseSiteId("remote1")!;
const bounds = { bytesInFlightMax: 10, bytesOfSiteMin: 0, turnMs: 60_000, uploadsPerSiteMax: 1 };
const status = (error: { status: number }): number => error.status;

test("whoever leaves hands its place on to the one that waits, and a place that is free stays free", async () => {
  const admission = new Admission(bounds);
  const first = await admission.enter(site);
  const second = admission.enter(site);
  expect(await admission.enter(site).catch(status)).toBe(429);
  first[Symbol.dispose]();
  const place = await second;
  const third = admission.enter(site);
  place[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  (await admission.enter(site))[Symbol.dispose]();
});

test("who waited in vain takes no place", async () => {
  const admission = new Admission({ ...bounds, turnMs: 1 });
  const first = await admission.enter(site);
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await admission.enter(site).catch(status)).toBe(429);
  }
  first[Symbol.dispose]();
  (await admission.enter(site))[Symbol.dispose]();
});
