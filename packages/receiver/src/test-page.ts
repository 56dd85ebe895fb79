// For tests of the page: facts of sites as bad as they can be, and of sites that are well.

import { parseSiteId, type SiteId } from "@siteferry/model";
import type { Quarantined, SiteFacts } from "./health/judge.ts";
import { viewSites } from "./health/site-services.ts";
import { trafficAfter, trafficOfDay } from "./health/traffic.ts";
import type { PageFacts } from "./page/page-facts.ts";
import { noRuns } from "./page/run-record.ts";
import { receiverSchema } from "./settings.ts";

export { metricsText } from "./page/metrics.ts";
export { servePage } from "./world/page-server.ts";

const minuteMs = 60_000;
const pageNowMs: number = Date.UTC(2026, 10, 1, 12);

/** What a host's name, an output or a core's words may be when somebody means harm. */
export const hostileTexts: readonly string[] = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  "</style><style>*{display:none}</style>",
  "</td></tr></table></main><h1>all is well</h1>",
  "<!-- <a href='javascript:alert(1)'>click</a> ]]>",
  "<iframe src=https://attacker.example/></iframe><base href=https://attacker.example/>",
  "<meta http-equiv=refresh content='0;url=https://attacker.example/'>",
  "javascript:alert(1)",
  "&lt;b&gt; &#x3c;b&#x3e; &amp;amp;",
  "${alert(1)} {{constructor.constructor('alert(1)')()}}",
  "\u0000\u0007\u001b[31m\r\nSet-Cookie: a=b\u202Eevil\u2066\uFEFF\uD800",
  "x".repeat(5000),
  "Zürich 火 👩‍👩‍👧 %s %n %00 ../../etc/passwd",
];

type PretendedSite = Partial<Omit<SiteFacts, "site">>;

export function pageFacts(
  sites: Readonly<Record<string, PretendedSite>>,
  siteSettings: object = {},
): PageFacts {
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    sites: Object.fromEntries(Object.keys(sites).map((site) => [site, siteSettings])),
    targets: [{ checkresults: { dir: "/unused", core: "nagios" } }],
  });
  const facts = Object.entries(sites).map(([site, given]) => factsOf(parseSiteId(site)!, given));
  return {
    centre: settings.centre,
    nowMs: pageNowMs,
    sites: viewSites({ settings }, facts, pageNowMs),
    strangers: [],
    freeSpace: 0.5,
    troubles: [],
    waits: [],
    runs: { ...noRuns, runs: 1, endedMs: pageNowMs - minuteMs },
  };
}

function factsOf(site: SiteId, given: PretendedSite): SiteFacts {
  let traffic = trafficAfter(undefined, 120_000, pageNowMs - 20 * 60 * minuteMs);
  for (let ago = 19 * 60; ago > 0; ago -= 10) {
    traffic = trafficAfter(traffic, 900 + ((ago * 37) % 5000), pageNowMs - ago * minuteMs);
  }
  return {
    site,
    keptMs: pageNowMs - 42_000,
    createdMs: pageNowMs - 45_000,
    outbox: { waiting: 0, oldest: 0 },
    aheadSeconds: -3,
    counted: { hosts: [24, 1, 0, 0], services: [480, 12, 3, 1, 4] },
    bundles: traffic.bundles,
    bytes: traffic.bytes,
    trafficOfDay: trafficOfDay(traffic, pageNowMs),
    missed: 0,
    missedMs: 0,
    quarantined: [],
    awaitsApproval: false,
    removalHeld: false,
    rejected: null,
    refusedValues: [],
    refusedValueCount: 0,
    ...given,
  };
}

function refusedBecause(messages: readonly string[]): readonly Quarantined[] {
  return messages.map((message, index) => ({
    id: `evil/${index}`,
    code: "name-bad",
    message,
    refusedMs: pageNowMs - index * minuteMs,
  }));
}

/** Every place of the page that shows what others say, with everything that they might say. */
export function hostilePage(): PageFacts {
  const said = hostileTexts.join(" ");
  const facts = pageFacts({
    evil: {
      quarantined: refusedBecause(hostileTexts),
      rejected: said,
      refusedValues: hostileTexts.map((text) => `host ${text}: alias ${text}: replaced`),
      refusedValueCount: 1_000_000,
      awaitsApproval: true,
      removalHeld: true,
      missed: 1_000_000,
      missedMs: pageNowMs - minuteMs,
      aheadSeconds: 600,
    },
    [`x${"-".repeat(30)}y`]: { keptMs: null, createdMs: null, counted: null, trafficOfDay: [] },
    silent: { keptMs: pageNowMs - 99 * 24 * 60 * minuteMs, missed: 3 },
    well: {},
  });
  return { ...facts, troubles: [said], waits: [said], strangers: refusedBecause(hostileTexts) };
}
