import type { SiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { Centre, nowSeconds, services, serviceState, site } from "./centre-model.ts";
import { liveNameOf, stagedName } from "./spool-files.ts";

test("a staged file is its site's, also that of the results about the sites, and nobody else's", () => {
  for (const owner of [site, "_sites" as SiteId, "a-b" as SiteId]) {
    const staged = stagedName(owner, "cabc123");
    expect(liveNameOf(owner, staged)).toBe("cabc123");
    for (const other of ["a", "b", "sites", "remote"]) {
      expect(liveNameOf(other as SiteId, staged)).toBeNull();
    }
  }
});

test("what a crash left of the results about the sites is swept", async () => {
  const centre = new Centre();
  centre.of = "_sites" as SiteId;
  const states = services(serviceState(1, nowSeconds));
  // The file is staged, and the record not saved yet.
  await centre.runUntilDeath(states, { dieAt: 1, moment: "after" });
  expect(centre.spool.names()).toEqual([expect.stringMatching(/^siteferry-_sites-/)]);
  await centre.run(states);
  centre.coreReads();
  expect(centre.spool.names()).toEqual([]);
});
