// State rows and custom variables as commands, for cores without a directory for check results.

import type { ResultColumns } from "../check-results/format.ts";
import type { ObjectAt } from "./centre-view.ts";
import type { CoreCommand } from "./command.ts";

/**
 * `row` as the result of a passive check of the object that is called `at` at the centre, from a site whose
 * clock is `secondsAhead`.
 */
export function resultCommand(
  at: ObjectAt,
  row: ResultColumns,
  secondsAhead: number = 0,
): CoreCommand {
  return {
    kind: "check-result",
    at,
    state: row.state,
    checkTime: row.last_check - secondsAhead,
    output: {
      pluginOutput: row.plugin_output,
      perfData: row.perf_data,
      longPluginOutput: row.long_plugin_output,
    },
  };
}

/** `variable` without the underscore that it has in object configuration. */
export function customVariableCommand(at: ObjectAt, variable: string, value: string): CoreCommand {
  return { kind: "custom-variable", at, variable, value };
}
