// The measurements of links as Markdown.

import { type Crowd, type CrowdOutcome, crowdSites } from "./links-crowd.ts";
import type { OneRun, OneTime } from "./links-one.ts";
import { markdown, mebibyte, mebibytes, over, seconds } from "./table.ts";

const memoryTargetBytes = 400 * mebibyte;
const notMeasured = "not measured";

export function oneTable({ sealedBytes, times, diskMs }: OneRun): string {
  const megabytes = (sealedBytes / 1_000_000).toFixed(2);
  const head = [
    `one keyframe of ${megabytes} MB, until it is durable`,
    "time",
    "floor",
    "to its floor",
    "target",
    "reached",
    "floor is",
  ];
  const disk = [
    "the disk alone: written to a file and synced",
    seconds(diskMs, 3),
    "",
    "",
    "",
    "",
    "",
  ];
  return markdown(head, [disk, ...times.map(oneRow)]);
}

function oneRow({ title, floorTitle, targetMs, times }: OneTime): string[] {
  if (times === null) return [title, "", "", "", "", notMeasured, floorTitle];
  const { ms, floorMs } = times;
  return [
    title,
    seconds(ms, 3),
    seconds(floorMs, 3),
    `${(ms / floorMs).toFixed(1)} ×`,
    targetMs === null ? "" : seconds(targetMs),
    targetMs === null ? "" : ms <= targetMs ? "yes" : `no: ${over(ms, targetMs)}`,
    floorTitle,
  ];
}

export function crowdTable(crowds: readonly Crowd[]): string {
  const head = [
    `${crowdSites} sites at once, a keyframe each`,
    "durable",
    "opened",
    "lost",
    "attempts that failed",
    "half of them after",
    "the last after",
    "peak of the daemon",
    "peak of all, shared pages once",
    "processes",
    "reached",
  ];
  const rows = crowds.map(({ title, outcome }) => {
    if (outcome === null) return [title, ...Array.from(head.slice(2), () => ""), notMeasured];
    const { durable, kept, lost, halfMs, lastMs, daemonPeakBytes, peak } = outcome;
    return [
      title,
      String(durable),
      String(kept),
      String(lost),
      failuresOf(outcome),
      seconds(halfMs),
      seconds(lastMs),
      mebibytes(daemonPeakBytes),
      mebibytes(peak.bytes),
      String(peak.processes),
      verdict(outcome),
    ];
  });
  return markdown(head, rows);
}

function failuresOf({ failures }: CrowdOutcome): string {
  return [...failures].map(([code, count]) => `${count} ${code}`).join(", ") || "none";
}

function verdict({ durable, lost, failures, peak }: CrowdOutcome): string {
  const missed = [
    ...(failures.size > 0 ? ["attempts failed"] : []),
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(durable < crowdSites ? [`${crowdSites - durable} not through`] : []),
    ...(peak.bytes > memoryTargetBytes ? [`memory ${over(peak.bytes, memoryTargetBytes)}`] : []),
  ];
  return missed.length === 0 ? "yes" : `no: ${missed.join(", ")}`;
}
