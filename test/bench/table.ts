// The measurements as Markdown: for the terminal and for docs/benchmarks.md.

import type { FleetRun } from "./fleet.ts";
import type { Run } from "./measure.ts";
import { descriptions, type Round, steps } from "./scenario.ts";
import { type Parcel, parcels, type Sizes } from "./sizes.ts";

export const mebibyte: number = 1024 * 1024;

/** One line a step; `medians` holds the median of all rounds. */
export function timeTable(medians: Round): string {
  const rows = steps.map((step) => {
    const { title, floor, target } = descriptions[step];
    const run = medians[step];
    const floorRun = floor === null ? null : medians[floor];
    const ratio = floorRun === null ? "" : `${(run.wallMs / floorRun.wallMs).toFixed(1)} ×`;
    const wanted = target?.(floorRun ?? run);
    return [
      title,
      seconds(run.wallMs),
      seconds(run.cpuMs),
      ratio,
      mebibytes(run.peakBytes),
      wanted === undefined ? "" : `${seconds(wanted.wallMs)}, ${wanted.peakMebibytes} MiB`,
      wanted === undefined ? "" : verdict(run, wanted),
    ];
  });
  const head = ["", "time", "processor time", "to its floor", "peak memory", "target", "reached"];
  return markdown(head, rows);
}

const parcelTitles: Readonly<Record<Parcel, string>> = {
  config: "configuration",
  keyframe: "keyframe: all states",
  delta: "delta: 20 % of the checks have run",
  heartbeat: "heartbeat: nothing has changed",
};

/** Bytes that a bundle of states may have, beside what livedump prints for the same site. */
function bytesMaxOf(parcel: Parcel, { livedump }: Sizes): number | null {
  if (parcel === "delta") return 0.02 * livedump;
  return parcel === "heartbeat" ? 2048 : null;
}

export function sizeTable(sizes: Readonly<Record<Parcel, Sizes>>): string {
  const rows = parcels.map((parcel) => {
    const { bundle, livedump, livedumpGzip } = sizes[parcel];
    const max = bytesMaxOf(parcel, sizes[parcel]);
    return [
      parcelTitles[parcel],
      kibibytes(bundle),
      kibibytes(livedump),
      kibibytes(livedumpGzip),
      `${((bundle / livedump) * 100).toFixed(2)} %`,
      max === null ? "" : kibibytes(max),
      max === null ? "" : bundle <= max ? "yes" : `no: ${over(bundle, max)}`,
    ];
  });
  const head = ["", "sealed bundle", "livedump", "livedump, gzip -6", "of livedump"];
  return markdown([...head, "target", "reached"], rows);
}

const minuteTargetMs = 30_000;

export function fleetTable({ minutes, peakBytes }: FleetRun): string {
  const rows = minutes.map(({ spacingMs, cpuMs }) => [
    spacingMs === 0
      ? "one minute of 200 sites, all bundles at once"
      : `one minute of 200 sites, a bundle each ${spacingMs} ms`,
    seconds(cpuMs),
    `${((cpuMs / 60_000) * 100).toFixed(0)} %`,
    mebibytes(peakBytes),
    seconds(minuteTargetMs),
    cpuMs <= minuteTargetMs ? "yes" : `no: ${over(cpuMs, minuteTargetMs)}`,
  ]);
  const head = ["", "processor time", "of one core", "peak memory", "target", "reached"];
  return markdown(head, rows);
}

export function verdict(run: Run, target: { wallMs: number; peakMebibytes: number }): string {
  const missed = [
    ...(run.wallMs > target.wallMs ? [`time ${over(run.wallMs, target.wallMs)}`] : []),
    ...(run.peakBytes > target.peakMebibytes * mebibyte
      ? [`memory ${over(run.peakBytes, target.peakMebibytes * mebibyte)}`]
      : []),
  ];
  return missed.length === 0 ? "yes" : `no: ${missed.join(", ")}`;
}

export function over(measured: number, target: number): string {
  return `${Math.ceil((measured / target - 1) * 100)} % over`;
}

export function seconds(milliseconds: number, digits = 2): string {
  return `${(milliseconds / 1000).toFixed(digits)} s`;
}

export function mebibytes(bytes: number): string {
  const count = bytes / mebibyte;
  return `${count < 10 ? count.toFixed(2) : count.toFixed(0)} MiB`;
}

function kibibytes(count: number): string {
  return count < 100 * 1024 ? `${(count / 1024).toFixed(1)} KiB` : mebibytes(count);
}

/** Columns as wide as their widest cell, all but the first right-aligned: readable unrendered, too. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => pad(cell, widths[column]!, column)).join(" | ")} |`;
  const rule = widths.map(
    (width, column) => "-".repeat(width - (column > 0 ? 1 : 0)) + (column > 0 ? ":" : ""),
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
