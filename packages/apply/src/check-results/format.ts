// One check result as the spool of Nagios Core and Naemon reads it, from a row of state. Pure, and
// on the hot path: a keyframe is 100,000 of these.

import type {
  HostName,
  HostState,
  Seconds,
  ServiceDescription,
  ServiceState,
} from "@siteferry/model";
import { type CheckResultCore, encodeOutput, type OutputParts } from "./output.ts";

export type { CheckResultCore, OutputParts } from "./output.ts";

/** A check that really ran. `service` null: of the host itself. Durations in seconds, ≥ 0. */
export interface CheckResult extends OutputParts {
  readonly host: HostName;
  readonly service: ServiceDescription | null;
  /** Service 0–3; host 0 up, 1 down, 2 unreachable. */
  readonly state: number;
  readonly lastCheck: Seconds;
  readonly executionTime: number;
  readonly latency: number;
}

/** The columns of a state row that a check result is made of. */
export type ResultColumns = Pick<
  HostState & ServiceState,
  | "state"
  | "last_check"
  | "execution_time"
  | "latency"
  | "plugin_output"
  | "long_plugin_output"
  | "perf_data"
>;

/**
 * `row` as the result of `service` on `host`, as they are called at the centre; from a site whose clock is
 * so far ahead.
 */
export function checkResultOf(
  host: HostName,
  service: ServiceDescription | null,
  row: ResultColumns,
  secondsAhead: number = 0,
): CheckResult {
  return {
    host,
    service,
    state: row.state,
    lastCheck: row.last_check - secondsAhead,
    executionTime: row.execution_time,
    latency: row.latency,
    pluginOutput: row.plugin_output,
    longPluginOutput: row.long_plugin_output,
    perfData: row.perf_data,
  };
}

/**
 * One record, with the empty line that ends it.
 *
 * `check_type=1` (passive) and `reschedule_check=0`, `early_timeout=0`, `exited_ok=1` are said
 * outright: left out, they mean something else to one of the cores.
 */
export function formatCheckResult(result: CheckResult, core: CheckResultCore): string {
  const { host, service, state, lastCheck, executionTime, latency } = result;
  const serviceLine = service === null ? "" : `service_description=${service}\n`;
  return `host_name=${host}
${serviceLine}check_type=1
check_options=0
scheduled_check=0
reschedule_check=0
early_timeout=0
exited_ok=1
latency=${decimal(latency)}
start_time=${lastCheck}.0
finish_time=${finishTime(lastCheck, executionTime)}
return_code=${state}
output=${encodeOutput(result, core)}

`;
}

const durationMaxSeconds = 1e6;

/** Never in exponents, never negative, never absurd: the value comes from a remote site. */
function decimal(seconds: number): string {
  if (!(seconds >= 1e-6)) return "0";
  return String(Math.min(seconds, durationMaxSeconds));
}

/**
 * The core reads the digits after the dot as a count of microseconds with C's rules (`.5` is 5 µs,
 * `.05` is octal), so the count stands there without leading zeros.
 */
function finishTime(lastCheck: Seconds, executionTime: number): string {
  if (!(executionTime > 0)) return `${lastCheck}.0`;
  const microseconds = Math.round(Math.min(executionTime, durationMaxSeconds) * 1e6);
  return `${lastCheck + Math.floor(microseconds / 1e6)}.${microseconds % 1e6}`;
}
