// Comments, downtimes and events on their way through the receiver: kept with the states, and judged by
// the same rules.

import type { HostName } from "@siteferry/model";
import { expect, test } from "vitest";
import { isOwnHost, ownStates } from "./ownership.ts";
import { type Centre, makeCentre, nowMs, remote1, remote2 } from "./test-centre.ts";

/** The hosts of what is known, each kind by itself. */
async function annotated(centre: Centre, site = remote1): Promise<Record<string, string[]>> {
  const { annotations, events = [] } = (await centre.states(site))!;
  const hostsOf = (rows: readonly { host_name: HostName }[]) => rows.map((row) => row.host_name);
  return {
    comments: hostsOf(annotations!.comments),
    downtimes: hostsOf(annotations!.downtimes),
    events: hostsOf(events),
  };
}

test("what a keyframe and the newest delta on it say is known", async () => {
  await using centre = await makeCentre();
  const hosts = { web: 0, db: 0 };
  const base = await centre.put("keyframe", 1, { hosts, annotated: ["web", "db"] });
  await centre.receive();
  const both = ["web", "db"];
  expect(await annotated(centre)).toEqual({ comments: both, downtimes: both, events: both });
  // One is gone, the other says something else; that one is lost on its way.
  await centre.put("delta", 2, { base, hosts, annotated: ["db"] });
  await centre.put("delta", 3, { base, hosts, annotated: ["web"] });
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  expect(await annotated(centre)).toEqual({ comments: ["web"], downtimes: ["web"], events: both });
});

test("R40 a comment on a foreign host refuses its bundle, or is left out of it", async () => {
  await using strict = await makeCentre({ remote1: { owns: ["web*"] } });
  await strict.put("keyframe", 1, { annotated: ["canary"] });
  expect(await strict.receive()).toMatchObject({ accepted: 0, refused: 1 });
  expect(strict.complaints.join()).toContain("host-not-owned");

  await using mild = await makeCentre({ remote1: { owns: ["web*"], foreignHosts: "leave-out" } });
  await mild.put("keyframe", 1, { annotated: ["canary", "web"] });
  expect(await mild.receive()).toMatchObject({ accepted: 1, refused: 0 });
  const states = (await mild.states(remote1))!;
  const own = ownStates(states, isOwnHost(mild.settings.sites[remote1]!));
  expect(own.annotations?.comments.map(({ host_name }) => host_name)).toEqual(["web"]);
  expect(own.annotations?.downtimes.map(({ host_name }) => host_name)).toEqual(["web"]);
  expect(own.events?.map(({ host_name }) => host_name)).toEqual(["web"]);
});

test("R40 nobody comments on another site's host, also in a delta", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1, { hosts: { web: 0 } });
  await centre.receive();
  const base = await centre.put("keyframe", 1, { site: remote2, hosts: { mail: 0 } });
  await centre.put("delta", 2, { site: remote2, base, hosts: { mail: 0 }, annotated: ["web"] });
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 1 });
  expect(centre.complaints.join()).toContain("host-of-another-site");
  expect(await annotated(centre, remote2)).toEqual({ comments: [], downtimes: [], events: [] });
});

test("events come oldest first, whatever the order of a bundle", async () => {
  await using centre = await makeCentre();
  const hosts = { web: 0, db: 0 };
  const base = await centre.put("keyframe", 1, { hosts, annotated: ["web"] });
  await centre.put("delta", 2, { base, hosts, annotated: ["db", "web"] });
  await centre.receive();
  const { events = [] } = (await centre.states(remote1))!;
  const at = nowMs / 1000 - 60;
  expect(events.map(({ time, host_name }) => [time - at, host_name])).toEqual([
    [0, "web"],
    [0, "db"],
    [1, "web"],
  ]);
});
