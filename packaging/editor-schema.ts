// A JSON Schema of an agent's YAML file, from which editors complete and explain its keys. The words
// are those of docs/configuration.md.

import { plainWords, type SchemaNode, schemaNode, type SettingsFile } from "./setting-keys.ts";

export function editorSchema(file: SettingsFile): string {
  return `${JSON.stringify({ title: file, ...explained(schemaNode(file)) }, null, 2)}\n`;
}

function explained({ kind, words = {}, ...node }: SchemaNode): object {
  const { properties, items, additionalProperties: each } = node;
  const withWords = Object.entries(properties ?? {}).map(([name, child]) => {
    const description = plainWords(words[name] ?? "");
    return [name, { description, ...explained(child) }] as const;
  });
  return {
    ...(kind !== undefined && { title: plainWords(kind) }),
    ...node,
    ...(properties !== undefined && { properties: Object.fromEntries(withWords) }),
    ...(items !== undefined && {
      items: Array.isArray(items) ? items.map(explained) : explained(items),
    }),
    ...(each && { additionalProperties: explained(each) }),
  };
}
