// The measurements of activations as Markdown.

import {
  type ActivationRound,
  type ActivationRun,
  type ActivationStep,
  activationSteps,
} from "./activation.ts";
import { median, middle } from "./measure.ts";
import { markdown, mebibytes, seconds, verdict } from "./table.ts";

const titles: Readonly<Record<ActivationStep, string>> = {
  first: "the first run: all objects, all states",
  changed: "a site has a new host with its services",
  unchanged: "nothing has changed",
};

const target = { wallMs: 10_000, peakMebibytes: 300 };

/** Medians of each number; null: there was no core. */
export function activationTable(rounds: readonly ActivationRound[] | null): string {
  const head = [
    "20 sites, 50,000 services, into Nagios 4",
    "time",
    "of it the core's check",
    "the core's reload",
    "siteferry's own",
    "processor time",
    "peak memory",
    "target",
    "reached",
  ];
  const rows = activationSteps.map((step) =>
    rounds === null
      ? [titles[step], ...Array.from(head.slice(2), () => ""), "not measured: no nagios4"]
      : [titles[step], ...cellsOf(rounds.map((round) => round[step]))],
  );
  return markdown(head, rows);
}

function cellsOf(runs: readonly ActivationRun[]): string[] {
  const run = median(runs);
  const own = middle(runs.map(({ ownMs }) => ownMs));
  const shown = (times: readonly (number | null)[]): string => {
    const some = times.filter((time) => time !== null);
    return some.length === 0 ? "none" : seconds(middle(some));
  };
  return [
    seconds(run.wallMs),
    shown(runs.map(({ checkMs }) => checkMs)),
    shown(runs.map(({ reloadMs }) => reloadMs)),
    seconds(own),
    seconds(run.cpuMs),
    mebibytes(run.peakBytes),
    `${seconds(target.wallMs)} of its own, ${target.peakMebibytes} MiB`,
    verdict({ ...run, wallMs: own }, target),
  ];
}
