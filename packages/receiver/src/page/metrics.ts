// The metrics, in the text format of Prometheus. Labels are ids of sites, which the settings name, and words of
// ours: nobody outside can make new series.

import { refusalTable } from "@siteferry/model";
import { Counter, Gauge, Registry } from "prom-client";
import { numbersOf } from "../health/numbers.ts";
import type { SiteView } from "../health/judge.ts";
import type { PageFacts } from "./page-facts.ts";
import { troubleOf } from "./run-record.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  /** Null: there is none. */
  readonly value: number | null;
}

export async function metricsText(facts: PageFacts): Promise<string> {
  const registry = new Registry();
  addSites(registry, facts);
  addReceiver(registry, facts);
  return await registry.metrics();
}

function add(
  registers: Registry,
  kind: "gauge" | "counter",
  [name, help]: readonly [string, string],
  samples: readonly Sample[],
): void {
  const present = samples.filter(({ value }) => value !== null);
  // A metric without labels would show a 0 that nobody measured.
  if (present.length === 0) return;
  const labelNames = Object.keys(present[0]!.labels);
  const options = { name: `siteferry_${name}`, help, labelNames, registers: [registers] };
  const metric = kind === "gauge" ? new Gauge(options) : new Counter(options);
  for (const { labels, value } of present) metric.inc(labels, value!);
}

/** What each site has one of. */
const siteGauges: readonly (readonly [string, string, (view: SiteView) => number | null])[] = [
  [
    "site_state",
    "How the site is: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
    ({ health }) => health.state,
  ],
  [
    "site_last_bundle_timestamp_seconds",
    "When the newest bundle of the site came.",
    ({ facts }) => seconds(facts.keptMs),
  ],
  [
    "site_last_bundle_created_timestamp_seconds",
    "When that was made, by the clock of the site.",
    ({ facts }) => seconds(facts.createdMs),
  ],
  [
    "site_lag_seconds",
    "From then until it came; 0 if the clock of the site is ahead.",
    ({ facts }) => numbersOf(facts, 0).lag,
  ],
  [
    "site_interval_seconds",
    "How often a bundle is expected.",
    ({ expected }) => expected.intervalMs / 1000,
  ],
  [
    "site_clock_ahead_seconds",
    "How far the clock of the site is ahead; negative: it is behind, or its link is slow.",
    ({ facts }) => facts.aheadSeconds,
  ],
  [
    "site_outbox_bundles",
    "Bundles that waited in the site's outbox, as its sender said last.",
    ({ facts }) => facts.outbox.waiting,
  ],
  [
    "site_missing_bundles",
    "Bundles of the site's epoch that were passed over and never came.",
    ({ facts }) => facts.missed,
  ],
  [
    "site_last_refusal_timestamp_seconds",
    "When the newest file of the site in the quarantine was refused.",
    ({ facts }) => seconds(facts.quarantined[0]?.refusedMs ?? null),
  ],
  [
    "site_awaits_approval",
    "1 if objects of the site wait for siteferry config approve.",
    ({ facts }) => Number(facts.awaitsApproval || facts.removalHeld),
  ],
  [
    "site_refused_by_core",
    "1 if a core refuses what is new of the site.",
    ({ facts }) => Number(facts.rejected !== null),
  ],
  [
    "site_refused_values",
    "Values that can't stand in a core's configuration.",
    ({ facts }) => facts.refusedValueCount,
  ],
];

function addSites(registry: Registry, { sites }: PageFacts): void {
  const each = (value: (view: SiteView) => number | null): readonly Sample[] =>
    sites.map((view) => ({ labels: { site: view.facts.site }, value: value(view) }));
  for (const [name, help, value] of siteGauges) add(registry, "gauge", [name, help], each(value));
  add(
    registry,
    "counter",
    ["site_bundles_total", "Bundles of the site that were kept."],
    each(({ facts }) => facts.bundles),
  );
  add(
    registry,
    "counter",
    ["site_bundle_bytes_total", "Their bytes, as they came."],
    each(({ facts }) => facts.bytes),
  );
  for (const what of ["hosts", "services"] as const) {
    const samples = sites.flatMap(({ facts }) =>
      Object.entries(numbersOf(facts, 0)[what] ?? {}).map(([state, value]) => ({
        labels: { site: facts.site, state },
        value,
      })),
    );
    add(registry, "gauge", [`site_${what}`, `The site's ${what} by state, as it says.`], samples);
  }
  const refused = sites.flatMap(({ facts }) => byCode(facts.site, facts.quarantined));
  add(registry, "gauge", ["site_quarantined_files", "Files in the quarantine."], refused);
}

function byCode(site: string, refused: readonly { readonly code: string }[]): readonly Sample[] {
  const counts = new Map<string, number>();
  for (const { code } of refused) {
    const known = Object.hasOwn(refusalTable, code) ? code : "other";
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return [...counts].map(([code, value]) => ({ labels: { site, code }, value }));
}

type Facts = readonly (readonly [string, string, (facts: PageFacts) => number | null])[];

const receiverGauges: Facts = [
  [
    "receiver_healthy",
    "What /v1/health says: 1 for ok.",
    ({ runs, freeSpace, nowMs }) => Number(troubleOf(runs, freeSpace, nowMs) === null),
  ],
  [
    "receiver_troubles",
    "What siteferry status says is wrong with the receiver itself, counted.",
    ({ troubles }) => troubles.length,
  ],
  [
    "receiver_sites_not_shown",
    "Services of sites that a core hasn't got.",
    ({ runs }) => runs.latest.sitesNotShown,
  ],
  [
    "receiver_last_run_timestamp_seconds",
    "When the last run ended.",
    ({ runs }) => seconds(runs.endedMs),
  ],
  [
    "receiver_free_space_ratio",
    "Of the spool's disk; under 0.05 it stops.",
    ({ freeSpace }) => freeSpace,
  ],
  [
    "receiver_unassigned_quarantined_files",
    "Refused files of no site that is configured.",
    ({ strangers }) => strangers.length,
  ],
];

const receiverCounters: Facts = [
  ["receiver_runs_total", "Runs since the start.", ({ runs }) => runs.runs],
  ["receiver_failed_runs_total", "Of them those that ended early.", ({ runs }) => runs.failedRuns],
  ["receiver_failures_total", "Failures of this system in runs.", ({ runs }) => runs.summed.failed],
  [
    "receiver_results_total",
    "Results that were handed to cores.",
    ({ runs }) => runs.summed.results,
  ],
  [
    "receiver_commands_total",
    "Commands that were handed to cores.",
    ({ runs }) => runs.summed.commands,
  ],
  [
    "receiver_activations_total",
    "Times that other objects went live.",
    ({ runs }) => runs.summed.activations,
  ],
];

function addReceiver(registry: Registry, facts: PageFacts): void {
  const { summed, latest } = facts.runs;
  for (const [kind, table] of [
    ["gauge", receiverGauges],
    ["counter", receiverCounters],
  ] as const) {
    for (const [name, help, value] of table) {
      add(registry, kind, [name, help], [{ labels: {}, value: value(facts) }]);
    }
  }
  const by = (label: string, values: Readonly<Record<string, number>>): readonly Sample[] =>
    Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
  const waiting = {
    keyframe: latest.waitingForKeyframe,
    core: latest.waitingForCore,
    configuration: latest.waitingForConfiguration,
    command: latest.commandsWaiting,
  };
  const waitingHelp = "What waits after the last run, by what for.";
  add(registry, "gauge", ["receiver_waiting", waitingHelp], by("for", waiting));
  const outcomes = {
    accepted: summed.accepted,
    duplicate: summed.duplicates,
    late: summed.late,
    refused: summed.refused,
  };
  const outcomesHelp = "What became of bundles since the start.";
  add(registry, "counter", ["receiver_bundles_total", outcomesHelp], by("outcome", outcomes));
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
