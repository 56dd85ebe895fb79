// What a check printed, as the last argument of PROCESS_HOST_CHECK_RESULT and PROCESS_SERVICE_CHECK_RESULT.

import { limits } from "@siteferry/model";
import { encodeOutput, type OutputParts } from "../check-results/output.ts";
import type { ObjectAt } from "./centre-view.ts";
import type { CommandDialect } from "./command.ts";
import { byteLength, oneLine } from "./texts.ts";

/** One line of at most `bytesMax` bytes, escaped for the core and the way to it. */
export function resultOutput(
  parts: OutputParts,
  at: ObjectAt,
  dialect: CommandDialect,
  bytesMax: number,
): string {
  // Of hosts Icinga 2 undoes no line feeds.
  const sayable = dialect.core === "icinga2" && at.service === null ? withoutLines(parts) : parts;
  for (let characters = Math.min(limits.outputCharactersMax, bytesMax); ;) {
    const output = encoded(cutParts(sayable, characters), dialect);
    const over = byteLength(output) - bytesMax;
    if (over <= 0 || characters === 0) return output;
    // A character is up to four bytes, so this many less are needed at least.
    characters = Math.max(0, characters - Math.ceil(over / 4));
  }
}

/** Perf data stays, and with it the text; long lines become pictures of line feeds in it. */
function withoutLines(parts: OutputParts): OutputParts {
  const { pluginOutput, longPluginOutput, perfData } = parts;
  const long = longPluginOutput.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  const text = long === "" ? pluginOutput : `${pluginOutput} ${oneLine(`\n${long}`)}`;
  return { pluginOutput: text, longPluginOutput: "", perfData };
}

/** Long lines go first, then perf data at a blank, then the text; as in the check-result spool. */
function cutParts(parts: OutputParts, charactersMax: number): OutputParts {
  const pluginOutput = parts.pluginOutput.slice(0, charactersMax).toWellFormed();
  const room = charactersMax - pluginOutput.length;
  const perfData = cutAtBlank(parts.perfData, room);
  const longMax = room - perfData.length;
  return {
    pluginOutput,
    perfData,
    longPluginOutput: parts.longPluginOutput.slice(0, longMax).toWellFormed(),
  };
}

function cutAtBlank(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf(" ", charactersMax)));
}

/**
 * naemon-livestatus undoes `\\` and `\n`, as Nagios Core does of a result by itself; Naemon then takes it
 * as it comes. Icinga 2 undoes `\n` alone; of Naemon's command file and Checkmk's core no more is known.
 */
function encoded(parts: OutputParts, { core, way }: CommandDialect): string {
  const both = core === "nagios" || (core === "naemon" && way === "socket");
  const output = encodeOutput(parts, both ? "nagios" : "naemon");
  // An empty one becomes the core's own words, a blank is trimmed away.
  if (output.trim() === "") return "|";
  // Doubled for the spool, where it would join lines; there are none here.
  return !both && output.endsWith("\\\\") ? output.slice(0, -1) : output;
}
