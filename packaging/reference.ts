// The tables of docs/configuration.md, made from the schemas; `pnpm docs` writes them. What stands
// around them stays as it is.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SettingKey, settingKeys, type SettingsFile } from "./setting-keys.ts";

/** Sections long enough for a table of their own; smaller ones stand in that of the section around them. */
const ownTable = /^(?:\w+\[\]\.\w+|sites\.SITE(?:\.objects)?)$/;

const marked = /(<!-- keys of (\S+?\.yaml):[^>]*-->\n)[^]*?(<!-- end of keys -->)/g;

/** The document with its tables as they have to be. */
export function withReference(text: string): string {
  return text.replaceAll(
    marked,
    (_, begin: string, file: SettingsFile, end: string) => `${begin}\n${reference(file)}\n${end}`,
  );
}

function reference(file: SettingsFile): string {
  const sections = new Map<string, SettingKey[]>([["", []]]);
  for (const key of settingKeys(file)) {
    if (key.keysAt !== null && ownTable.test(key.keysAt)) sections.set(key.keysAt, []);
    const parents = [...sections.keys()].filter(
      (path) => path === "" || key.path.startsWith(`${path}.`),
    );
    sections.get(parents.at(-1)!)!.push(key);
  }
  return [...sections]
    .map(([path, keys]) => {
      const title = path === "" ? "" : `${heading(path, file)}\n\n`;
      return `${title}${table(keys.map((key) => row(key, path, file)))}`;
    })
    .join("\n");
}

function heading(path: string, file: SettingsFile): string {
  return `### \`${path}\` in ${file}`;
}

function row(
  { path, value, meaning, keysAt, ...key }: SettingKey,
  section: string,
  file: SettingsFile,
): string[] {
  const shown = section === "" ? path : path.slice(section.length + 1);
  const hasTable = keysAt !== null && ownTable.test(keysAt);
  const anchor = hasTable
    ? heading(keysAt, file)
        .slice("### ".length)
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-")
        .toLowerCase()
    : "";
  const cells = [
    code(shown),
    hasTable ? `[${value}](#${anchor})` : value,
    fallbackOf(key),
    meaning,
  ];
  return cells.map((cell) => cell.replaceAll("|", String.raw`\|`));
}

function fallbackOf({ fallback, isRequired }: Pick<SettingKey, "fallback" | "isRequired">): string {
  if (isRequired) return "required";
  if (fallback === undefined) return "—";
  if (fallback === "") return "empty";
  return code(typeof fallback === "string" ? fallback : JSON.stringify(fallback));
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** As oxfmt sets it. */
function table(body: readonly (readonly string[])[]): string {
  const head = ["key", "value", "default", "meaning"];
  const widths = head.map((cell, column) =>
    Math.max(...[cell, ...body.map((cells) => cells[column]!)].map((text) => text.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("");
}

if (import.meta.main) {
  const path = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));
  writeFileSync(path, withReference(readFileSync(path, "utf8")));
}
