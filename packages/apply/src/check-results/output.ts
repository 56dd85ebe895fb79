// The one line in which a check result carries its text: short output, `|`, perf data, long output,
// escaped so that the core reads back what the site's core said. What it can't read back is replaced.

import { limits } from "@siteferry/model";

/** Whose alphabet of escapes is written; they differ (docs: check-result spool). */
export type CheckResultCore = "nagios" | "naemon";

/** As in the model: one line, perf data, and further lines with real line feeds. */
export interface OutputParts {
  readonly pluginOutput: string;
  readonly perfData: string;
  readonly longPluginOutput: string;
}

/** What most outputs have nothing of. */
const special = /[\u0000-\u001f\u007f-\u009f\\|]/;
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** The value of `output=`; no line feed in it, at most twice limits.outputCharactersMax long. */
export function encodeOutput(parts: OutputParts, core: CheckResultCore): string {
  const { pluginOutput, perfData, longPluginOutput } = parts;
  const plain =
    longPluginOutput === "" &&
    pluginOutput !== "" &&
    pluginOutput.length + perfData.length <= limits.outputCharactersMax &&
    !special.test(pluginOutput) &&
    !special.test(perfData);
  if (plain) return perfData === "" ? pluginOutput : `${pluginOutput}|${perfData}`;
  return escape(joinBounded(parts), core);
}

/**
 * `text|perf`, then the long lines. If they are over the limit, the long output is cut first, then
 * perf data (at a blank: half a number would be a wrong number), then the text.
 */
function joinBounded(parts: OutputParts): string {
  const text = cut(withoutBar(oneLine(parts.pluginOutput)), limits.outputCharactersMax);
  const perf = cutAtBlank(oneLine(parts.perfData), limits.outputCharactersMax - text.length);
  // Of an empty text Nagios makes "(No output returned from plugin)", or the perf data if there is
  // any; a blank it trims away.
  const shown = text === "" ? " " : text;
  const first = perf === "" ? shown : `${shown}|${perf}`;
  const lines = parts.longPluginOutput.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  const long = cut(
    withoutBar(lines.map(oneLine).join("\n")),
    Math.max(0, limits.outputCharactersMax - first.length),
  );
  return long === "" ? first : `${first}\n${long}`;
}

function oneLine(text: string): string {
  return text.replace(control, " ");
}

/**
 * Both cores begin perf data at the first `|` of the first line, and long perf data at the first
 * one after it, and know no escape for it. Icinga 2 keeps a `|` in its texts, so it does occur: a
 * broken bar says the same to a person.
 */
function withoutBar(text: string): string {
  return text.replaceAll("|", "¦");
}

function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const last = text.charCodeAt(charactersMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? charactersMax - 1 : charactersMax);
}

function cutAtBlank(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf(" ", charactersMax)));
}

/**
 * Nagios Core undoes `\\` and `\n`. Naemon undoes only `\n`, so a backslash before an `n` can't be
 * said there and becomes a slash: `C:/new` is read as it is meant, a line break in it is not. At the
 * end of a line both cores take `\` as "goes on in the next line" and `\\` as `\`.
 */
function escape(text: string, core: CheckResultCore): string {
  if (core === "nagios") return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  const escaped = text.replace(/\\(?=n)/g, "/").replaceAll("\n", "\\n");
  return escaped.endsWith("\\") ? `${escaped}\\` : escaped;
}
