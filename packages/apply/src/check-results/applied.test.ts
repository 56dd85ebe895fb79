import { describe, expect, test } from "vitest";
import type { HostName, ServiceDescription } from "@siteferry/model";
import {
  type AppliedRecord,
  decodeApplied,
  encodeApplied,
  nothingApplied,
  nothingReached,
  objectKey,
  stampOf,
  undelivered,
} from "./applied.ts";

const host = "wéb 1" as HostName;
const record: AppliedRecord = {
  results: new Map([
    [objectKey(host, null), stampOf(1_795_000_000, 2)],
    [objectKey(host, "Disk C:\\Data" as ServiceDescription), stampOf(0, undelivered)],
    ["+pending end", stampOf(5, 3)],
    ["pending c123456 5", stampOf(5, 0)],
  ]),
  pending: new Map([
    ["c0a1b2c", { sinceMs: 1_795_000_000_000, keys: [objectKey(host, null), "+x"] }],
    ["c000000", { sinceMs: 0, keys: [] }],
  ]),
};

const full: AppliedRecord = {
  ...record,
  pending: new Map([
    ...record.pending,
    [
      "c222222",
      {
        sinceMs: 1,
        keys: ["+x", "web", "-1 2 x"],
        before: new Map([
          ["web", { stamp: stampOf(1_795_000_000, 2), attempt: 3 }],
          ["-1 2 x", nothingReached],
        ]),
      },
    ],
  ]),
  attempts: new Map([
    [objectKey(host, null), 2],
    ["pending c123456 5", 1000],
  ]),
  shifts: new Map([
    [objectKey(host, null), 45],
    [objectKey(host, "Disk C:\\Data" as ServiceDescription), -20],
  ]),
  behind: new Map([
    ["<web", { stamp: stampOf(5, 1), attempt: 1 }],
    ["~2 x", { stamp: stampOf(5, 3) }],
  ]),
};

describe("the record of applied results", () => {
  test("comes back as it was", () => {
    expect(decodeApplied(encodeApplied(record))).toEqual(record);
    expect(decodeApplied(encodeApplied(full))).toEqual(full);
    expect(decodeApplied(encodeApplied(nothingApplied))).toEqual(nothingApplied);
  });

  test("comes back whole if it is written in several pieces", () => {
    const keys = Array.from({ length: 5_000 }, (_, n) => `wéb-${n} 📦\tDisk C:\\Data\\${n}`);
    const large: AppliedRecord = {
      results: new Map(keys.map((key, n) => [key, stampOf(1_795_000_000 + n, n % 4)])),
      pending: new Map([["c0a1b2c", { sinceMs: 1, keys }]]),
    };
    expect(decodeApplied(encodeApplied(large))).toEqual(large);
  });

  test("cut off anywhere it is damaged, never shorter", () => {
    const bytes = encodeApplied(full);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeApplied(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        /damaged|UTF-8/,
      );
    }
  });

  test.each([
    ["no state", "siteferry-applied 1\n100 web\nend 2\n"],
    ["a state that no core knows", "siteferry-applied 1\n100 4 web\nend 2\n"],
    ["a state before the digits", "siteferry-applied 1\n100 - web\nend 2\n"],
    ["no time", "siteferry-applied 1\n 0 web\nend 2\n"],
    ["no object", "siteferry-applied 1\n100 0 \nend 2\n"],
    ["an object without its file", "siteferry-applied 1\n+web\nend 2\n"],
    ["a file that isn't a check-result file", "siteferry-applied 1\npending ../etc 1\nend 2\n"],
    ["a line too few", "siteferry-applied 1\n100 0 web\nend 3\n"],
    ["an attempt that isn't one", "siteferry-applied 1\n100 2~0 web\nend 2\n"],
    ["an attempt without its object", "siteferry-applied 1\n100 2~3\nend 2\n"],
    ["an attempt that is none", "siteferry-applied 1\n100 2~ web\nend 2\n"],
    ["what was before a file, without it", "siteferry-applied 1\n-100 2 web\nend 2\n"],
    ["a shift of nothing", "siteferry-applied 1\n100-0 2 web\nend 2\n"],
    ["a shift that is none", "siteferry-applied 1\n100- 2 web\nend 2\n"],
    ["a shift of what a core has", "siteferry-applied 1\n<100-5 2 web\nend 2\n"],
    ["another version", "siteferry-applied 2\nend 1\n"],
  ])("is damaged with %s", (_what, text) => {
    expect(() => decodeApplied(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "spool-damaged" }),
    );
  });
});
