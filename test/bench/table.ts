// The measurements as Markdown: for the terminal and for docs/benchmarks.md.

import type { Run } from "./measure.ts";
import { descriptions, type Round, steps } from "./scenario.ts";
import type { Sizes } from "./sizes.ts";

const mebibyte = 1024 * 1024;

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

export function sizeTable(configuration: Sizes, states: Sizes): string {
  const row = (title: string, { bundle, livedump, livedumpGzip }: Sizes): string[] => [
    title,
    ...[bundle, livedump, livedumpGzip].map(mebibytes),
  ];
  return markdown(
    ["", "sealed bundle", "livedump", "livedump, gzip -6"],
    [row("configuration", configuration), row("states (keyframe)", states)],
  );
}

function verdict(run: Run, target: { wallMs: number; peakMebibytes: number }): string {
  const missed = [
    ...(run.wallMs > target.wallMs ? [`time ${over(run.wallMs, target.wallMs)}`] : []),
    ...(run.peakBytes > target.peakMebibytes * mebibyte
      ? [`memory ${over(run.peakBytes, target.peakMebibytes * mebibyte)}`]
      : []),
  ];
  return missed.length === 0 ? "yes" : `no: ${missed.join(", ")}`;
}

function over(measured: number, target: number): string {
  return `${Math.ceil((measured / target - 1) * 100)} % over`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function mebibytes(bytes: number): string {
  const count = bytes / mebibyte;
  return `${count < 10 ? count.toFixed(2) : count.toFixed(0)} MiB`;
}

/** Columns as wide as their widest cell, all but the first right-aligned: readable unrendered, too. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
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
