import type { SiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { CoreModel } from "./core-model.ts";
import {
  nothingUploaded,
  type PackageMemory,
  type PackageOutcome,
  reconcilePackage,
  type WantedSites,
} from "./package.ts";

const minuteMs = 60_000;
const [a, b, c] = ["a", "b", "c"] as SiteId[] as [SiteId, SiteId, SiteId];

class Centre {
  readonly core: CoreModel = new CoreModel();
  nowMs: number = 1_000_000_000;
  memory: PackageMemory = nothingUploaded;
  readonly errors: object[] = [];

  async run(
    texts: Readonly<Record<string, string | null>>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<PackageOutcome> {
    const quiet = (): void => {};
    const error = (fields: object): void => void this.errors.push(fields);
    const wanted: WantedSites = new Map(
      Object.entries(texts).map(([site, text]) => [
        site as SiteId,
        text === null ? null : { text, hostgroups: new Map(), servicegroups: new Map() },
      ]),
    );
    return await reconcilePackage(
      {
        clock: { now: () => this.nowMs },
        log: { debug: quiet, info: quiet, warn: quiet, error },
        api: this.core.api,
        store: {
          load: async () => this.memory,
          save: async (memory) => {
            this.memory = memory;
          },
        },
      },
      { packageName: "siteferry", zone: null, reloadEveryMs: minuteMs, validationMs: 1000 },
      wanted,
      more,
    );
  }

  activeText(site: SiteId): string | undefined {
    return this.core.stages.get(this.core.active)?.[`conf.d/siteferry-site-${site}.conf`];
  }

  /** Refuses each stage in which a file has the word. */
  refuse(word: string, isNamed: boolean): void {
    this.core.validate = (files) => {
      const bad = Object.entries(files).find(([, text]) => text.includes(word));
      if (bad === undefined) return null;
      return `[time] critical/config: Error: it's ${word}\nLocation: in ${isNamed ? `/x/${bad[0]}` : "/etc/x.conf"}: 1:0-1:9\n`;
    };
  }
}

describe("the package", () => {
  test("is uploaded once, and again when a site changed and the pause is over", async () => {
    const centre = new Centre();
    expect(await centre.run({ a: "1", b: "1" })).toMatchObject({ kind: "activated" });
    expect(await centre.run({ a: "1", b: "1" })).toMatchObject({ kind: "unchanged" });
    expect(await centre.run({ a: "2", b: "1" })).toMatchObject({ kind: "waiting" });
    centre.nowMs += minuteMs;
    expect(await centre.run({ a: "2", b: "1" })).toMatchObject({ kind: "activated" });
    expect(centre.core.uploads).toHaveLength(2);
    expect([centre.activeText(a), centre.activeText(b)]).toEqual(["2", "1"]);
  });

  test("two stages stay", async () => {
    const centre = new Centre();
    for (let round = 0; round < 5; round += 1) {
      await centre.run({ a: String(round) });
      centre.nowMs += minuteMs;
    }
    expect([...centre.core.stages.keys()]).toEqual(["stage-3", "stage-4"]);
  });

  test("a receiver that forgot everything learns from the core what is active", async () => {
    const centre = new Centre();
    await centre.run({ a: "1" });
    centre.memory = nothingUploaded;
    expect(await centre.run({ a: "1" })).toMatchObject({ kind: "unchanged" });
    expect(await centre.run({ a: null, b: "1" })).toMatchObject({ kind: "activated" });
    expect(centre.activeText(a)).toBe("1");
  });

  test.each([true, false])(
    "a site that breaks the validation stays as it was, the others go on; named: %s",
    async (isNamed) => {
      const centre = new Centre();
      await centre.run({ a: "1", b: "1", c: "1" });
      centre.nowMs += minuteMs;
      centre.refuse("bad", isNamed);
      const outcome = await centre.run({ a: "2", b: "bad", c: "2" });
      expect(outcome).toMatchObject({ kind: "activated", held: 1 });
      expect([a, b, c].map((site) => centre.activeText(site))).toEqual(["2", "1", "2"]);
      expect(centre.errors[0]).toMatchObject({ code: "core-configuration-invalid" });

      const { length } = centre.core.uploads;
      centre.nowMs += minuteMs;
      expect(await centre.run({ a: "2", b: "bad", c: "2" })).toMatchObject({
        kind: "unchanged",
        held: 1,
      });
      expect(centre.core.uploads).toHaveLength(length);
      centre.nowMs += 15 * minuteMs;
      centre.core.validate = () => null;
      expect(await centre.run({ a: "2", b: "bad", c: "2" })).toMatchObject({ kind: "activated" });
      expect(centre.activeText(b)).toBe("bad");
    },
  );

  test("what is refused is remembered with the core's words, as long as it stands", async () => {
    const centre = new Centre();
    const rejectedAfter = async (minutes: number, ofB: string, ofA = "2"): Promise<unknown> => {
      centre.nowMs += minutes * minuteMs;
      await centre.run({ a: ofA, b: ofB });
      return centre.memory.rejected;
    };
    await rejectedAfter(0, "1");
    centre.refuse("bad", false);
    const words = { b: "critical/config: Error: it's bad | Location: in /etc/x.conf: 1:0-1:9" };
    expect(await rejectedAfter(1, "bad")).toEqual(words);
    expect(await rejectedAfter(1, "bad")).toEqual(words);
    expect(await rejectedAfter(0, "1")).toEqual({});
    expect(await rejectedAfter(0, "bad")).toEqual(words);
    // It is due again, waits for its turn, and is refused again.
    expect(await rejectedAfter(13.5, "bad", "3")).toEqual(words);
    expect(await rejectedAfter(0.5, "bad", "3")).toEqual(words);
    const { length } = centre.core.uploads;
    expect(await rejectedAfter(0.5, "bad", "3")).toEqual(words);
    expect(centre.core.uploads.length).toBeGreaterThan(length);
    // Another one is no better until the core has said so.
    expect(await rejectedAfter(0, "2", "3")).toEqual(words);
    expect(await rejectedAfter(1, "2", "3")).toEqual({});
  });

  test("a text that quotes another site's file in the log blames nobody else", async () => {
    const centre = new Centre();
    await centre.run({ a: "1", b: "1" });
    centre.nowMs += minuteMs;
    centre.core.validate = (files) =>
      files["conf.d/siteferry-site-b.conf"] === "bad"
        ? "[t] critical/config: Error: 'Location: in siteferry-site-a.conf: '\nLocation: in /x/siteferry-site-b.conf: 1:1\n"
        : null;
    await centre.run({ a: "2", b: "bad" });
    expect([centre.activeText(a), centre.activeText(b)]).toEqual(["2", "1"]);
  });

  test("where nothing validates, not even what is active, no site is blamed", async () => {
    const centre = new Centre();
    await centre.run({ a: "1", b: "1" });
    centre.nowMs += minuteMs;
    centre.core.validate = () => "[t] critical/config: Error: the operator's own";
    expect(await centre.run({ a: "2", b: "2" })).toMatchObject({ kind: "unchanged", held: 1 });
    expect(centre.core.uploads).toHaveLength(3);
    const words = { "": "critical/config: Error: the operator's own" };
    expect(centre.memory.rejected).toEqual(words);
    centre.nowMs += minuteMs;
    await centre.run({ a: "2", b: "2" });
    expect(centre.memory.rejected).toEqual(words);
    centre.core.validate = () => null;
    centre.nowMs += 15 * minuteMs;
    expect(await centre.run({ a: "2", b: "2" })).toMatchObject({ kind: "activated" });
    expect(centre.memory.rejected).toEqual({});
  });

  test("a core that refuses everything costs a bounded number of uploads", async () => {
    const centre = new Centre();
    const sites = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`s${index}`, "bad"]),
    );
    centre.refuse("bad", true);
    await centre.run(sites);
    expect(centre.core.uploads.length).toBeLessThanOrEqual(8);
  });

  test("goes without a file of no site that the core refuses, and offers it again later", async () => {
    const centre = new Centre();
    const more = { "conf.d/siteferry-sites.conf": "twice" };
    const there = () => centre.core.stages.get(centre.core.active)?.["conf.d/siteferry-sites.conf"];
    centre.refuse("twice", true);
    expect(await centre.run({ a: "1" }, more)).toMatchObject({ kind: "activated" });
    expect([centre.activeText(a), there()]).toEqual(["1", undefined]);
    centre.nowMs += minuteMs;
    expect(await centre.run({ a: "1" }, more)).toMatchObject({ kind: "unchanged" });
    // As if it had died between the refusal and the next upload.
    centre.core.stages.clear();
    centre.core.active = "";
    expect(await centre.run({ a: "1" }, more)).toMatchObject({ kind: "activated" });
    centre.nowMs += minuteMs;
    expect(await centre.run({ a: "2" }, more)).toMatchObject({ kind: "activated" });
    expect(centre.activeText(a)).toBe("2");
    centre.core.validate = () => null;
    centre.nowMs += 16 * minuteMs;
    expect(await centre.run({ a: "2" }, more)).toMatchObject({ kind: "activated", held: 0 });
    expect([centre.activeText(a), there()]).toEqual(["2", "twice"]);
  });
});
