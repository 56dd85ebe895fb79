// What the demo shows: a line a cycle while it runs, and a summary that a newcomer understands.

import { isSea } from "node:sea";
import { painterFor, type Tone } from "@siteferry/agent";
import type { ReceiveReport } from "@siteferry/receiver";
import type { SealedBundle, SendReport } from "@siteferry/sender";
import type { DemoSetUp } from "./set-up.ts";

export interface Cycle {
  readonly number: number;
  /** Checks that ran at the site since the cycle before. */
  readonly checks: number;
  readonly sent: SendReport;
  readonly received: ReceiveReport;
  readonly services: readonly [number, number, number, number];
}

/** How this program is called: installed, or from a checkout. */
const command = isSea() ? "siteferry" : "npx -y pnpm@12.21.0 siteferry";
const widths = [5, 10, 36, 13, 40] as const;

export function introduction({ root }: DemoSetUp, hosts: number, services: number): string {
  return `
siteferry carries a monitoring site to a centre that can't reach it. This demo does it with an
embedded site (${hosts} hosts with ${services} services each, whose checks run while you watch):

  site's Livestatus  →  sender  →  signed bundles in a directory  →  receiver  →  files for Nagios

Everything happens in ${root}

${columns(["cycle", "checks run", "bundles sealed and shipped", "check results", "services at the centre"])}
`;
}

export function cycleLine({ number, checks, sent, received, services }: Cycle): string {
  const bundles = sent.sealed.map(({ kind, sizeBytes }) => `${kind} ${kibibytes(sizeBytes)}`);
  const [ok, warning, critical, unknown] = services;
  const states = `${paint(ok, "good")} OK ${paint(warning, "warning")} WARN ${paint(critical, "bad")} CRIT ${paint(unknown, "unknown")} UNKN`;
  return columns([
    String(number),
    String(checks),
    bundles.join(", "),
    String(received.results),
    states,
  ]);
}

/** One line that is overwritten: what is going on right now. Only on a terminal. */
export function activity(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${text}`);
}

export function summary(setUp: DemoSetUp, cycles: readonly Cycle[], example: string): string {
  const { root } = setUp;
  const all = cycles.flatMap(({ sent }) => sent.sealed);
  const results = cycles.reduce((sum, { received }) => sum + received.results, 0);
  const first = cycles[0];
  const [configuration] = all.filter(({ kind }) => kind === "config");
  const [keyframe] = all.filter(({ kind }) => kind === "keyframe");
  const deltas = all.filter(({ kind }) => kind === "delta");
  return `
What happened
  Collected   ${keyframe?.rows ?? 0} objects through Livestatus, ${cycles.length} times.
  Sealed      ${all.length} signed bundles: the configuration (${sizeOf(configuration)}), all states once
              (the keyframe, ${sizeOf(keyframe)}), then ${deltas.length} deltas: only what changed since the keyframe.
  Applied     ${results} check results: all ${first?.received.results ?? 0} in the first cycle, then only those whose check ran.
              Objects that were never checked stay pending; they get no result.
  Configured  ${cycles.reduce((sum, { received }) => sum + received.objectFiles, 0)} files of object configuration, passive, from fixed templates.

One check result, as the core reads it
${indent(example.trimEnd())}

Where the files lie
  ${root}/site/sender.yaml          the sender's configuration
  ${root}/centre/receiver.yaml      the receiver's
  ${root}/centre/objects            hosts and services for Nagios (cfg_dir)
  ${setUp.readResults}  check results that the demo's core has read
  ${root}/centre/spool/receiver/sites/remote1   the newest bundles: look into one with
      ${command} inspect FILE

What to do next
  Read README.md; point 'livestatus:' in a copy of sender.yaml to your own core and run
      ${command} send --once --config FILE
  Remove the demo's files with:  rm -r ${root}
`;
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => `  ${cell.padEnd(widths[index] ?? 0)}`)
    .join("")
    .trimEnd();
}

function sizeOf(bundle: SealedBundle | undefined): string {
  return kibibytes(bundle?.sizeBytes ?? 0);
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function paint(count: number, tone: Tone): string {
  return painterFor(process.stdout)(tone, String(count).padStart(3));
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "    ");
}
