// Every command of the documents is followed, on a copy of this machine: what an operator copies from
// there has to do what stands beside it.

import { afterAll, beforeAll, expect, test } from "vitest";
import { byHand, firstSteps, looking, quarantine } from "./everyday.ts";
import { openPlace, type Place } from "./place.ts";
import { install, readme } from "./set-up.ts";

const stack = new AsyncDisposableStack();
let place: Place;
beforeAll(async () => {
  place = await openPlace(stack);
});
afterAll(() => stack.disposeAsync());

test("operating.md and configuration.md: keys, init, enrol", async () => {
  await install(place);
  await firstSteps(place);
  await place.clear();
});

test("README.md: the script, the set-up of both sides, approval", async () => {
  await readme(place);
  expect(await place.run("runuser -u nagios -- siteferry status")).toContain("remote1");
});

test("operating.md and objects.md: how it is", () => looking(place));
test("operating.md: the quarantine", () => quarantine(place));
test("operating.md, drop.md, bundle.md: a new epoch, a stick, what is in a bundle", () =>
  byHand(place));
