// One check result as the action process-check-result takes it, from a row of state. Pure.

import { type HostName, limits, type ServiceDescription } from "@siteferry/model";
import type { ResultColumns } from "../check-results/format.ts";

/** Times are seconds since 1970. */
export type CheckResultParameters = {
  readonly exit_status: number;
  readonly plugin_output: string;
  readonly performance_data: readonly string[];
  readonly check_source: string;
  readonly execution_start: number;
  readonly execution_end: number;
} & (
  | { readonly type: "Host"; readonly host: string }
  | { readonly type: "Service"; readonly service: string }
);

const durationMaxSeconds = 1e6;

/** `host` and `service` are the names at the centre; without a `service` it is the host's own. */
export function checkResultParameters(
  source: string,
  host: HostName,
  service: ServiceDescription | null,
  row: ResultColumns,
): CheckResultParameters {
  const duration = row.execution_time > 0 ? Math.min(row.execution_time, durationMaxSeconds) : 0;
  return {
    ...(service === null
      ? { type: "Host", host }
      : { type: "Service", service: `${host}!${service}` }),
    exit_status: stateAtCore(service, row.state),
    plugin_output: outputOf(row),
    performance_data: splitPerfData(row.perf_data),
    check_source: source,
    execution_start: row.last_check,
    execution_end: row.last_check + duration,
  };
}

/** Of hosts Icinga 2 takes only up and down; unreachable it derives from dependencies. */
export function stateAtCore(service: ServiceDescription | null, state: number): number {
  return service === null ? Math.min(state, 1) : state;
}

/** Text, then the long lines. Perf data travels apart, so `|` needs no care here. */
function outputOf({ plugin_output, long_plugin_output }: ResultColumns): string {
  const long = long_plugin_output.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  const text = plugin_output.replace(/[\n\r]+/g, " ");
  return cut(clean(long === "" ? text : `${text}\n${long}`), limits.outputCharactersMax);
}

/** The core splits at blanks too; within quotes a blank belongs to a label. */
function splitPerfData(perfData: string): string[] {
  const entries: string[] = clean(perfData).match(/(?:'[^']*'|\S)+/g) ?? [];
  let characters = 0;
  // Never half of one: half a number would be a wrong number.
  return entries.filter((entry) => (characters += entry.length) <= limits.outputCharactersMax);
}

function clean(text: string): string {
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, " ");
}

function cut(text: string, charactersMax: number): string {
  return text.slice(0, charactersMax).toWellFormed();
}
