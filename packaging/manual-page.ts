// siteferry(1) and siteferry.yaml(5): hand-written pages in man/, into which the commands are put.

import { allCommands, type CommandNode, type OptionNode } from "./command-tree.ts";
import { plainWords, type SettingKey, settingKeys, type SettingsFile } from "./setting-keys.ts";

export interface PageFacts {
  readonly version: string;
  /** `2026-11-26`. */
  readonly date: string;
}

/** Fills `@VERSION@`, `@DATE@`, `@COMMANDS@` and, as `@KEYS sender.yaml@`, the keys of a file. */
export function manualPage(template: string, tree: CommandNode, facts: PageFacts): string {
  return template
    .replaceAll("@VERSION@", facts.version)
    .replaceAll("@DATE@", facts.date)
    .replaceAll("@COMMANDS@\n", () => commands(tree))
    .replaceAll(/@KEYS (\S+)@\n/g, (_, file: SettingsFile) => settingKeys(file).map(key).join(""));
}

function commands(tree: CommandNode): string {
  const withoutParents = allCommands(tree).filter(
    ({ words, commands: children }) => words.length > 0 && children.length === 0,
  );
  return withoutParents.map(command).join("");
}

function command({ words, description, arguments: parameters, options }: CommandNode): string {
  const usage = [...words, ...parameters.map(({ flags }) => flags)].map(roff).join(" ");
  return `.SS ${usage}\n${sentence(description)}\n${options.filter(isOwn).map(option).join("")}`;
}

function key({ path, value, meaning, ...rest }: SettingKey): string {
  const said = [plainWords(value), rest.isRequired ? "required" : "", usual(rest.fallback)];
  const head = said.filter((part) => part !== "").join("; ");
  return `.TP\n.B ${roff(path)}\n${roff(`(${head})`)}\n.br\n${sentence(plainWords(meaning))}\n`;
}

function usual(fallback: unknown): string {
  if (fallback === undefined || fallback === "") return "";
  return `default ${typeof fallback === "string" ? fallback : JSON.stringify(fallback)}`;
}

/** Each command has `--help`. */
function isOwn({ names }: OptionNode): boolean {
  return !names.includes("--help");
}

function option({ flags, description, choices, defaultValue }: OptionNode): string {
  const said = [
    description,
    choices.length > 0 ? `one of ${choices.join(", ")}` : "",
    defaultValue === null ? "" : `default ${defaultValue}`,
  ];
  return `.TP\n.B ${roff(flags)}\n${sentence(said.filter((part) => part !== "").join("; "))}\n`;
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return roff(begun.endsWith(".") ? begun : `${begun}.`);
}

/** A line of its own as roff reads it: a hyphen is a minus, for copying; no request begins it. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("\n", " ");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
