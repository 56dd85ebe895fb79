// The keys of an agent's YAML file, read out of its schema: for the reference in docs/configuration.md,
// the manual page, and the schema for editors.

import { settingKinds, settingWords } from "@siteferry/agent";
import { receiverSchema } from "@siteferry/receiver";
import { senderSchema } from "@siteferry/sender";

export type SettingsFile = "sender.yaml" | "receiver.yaml";

export const settingsSchemas: Readonly<
  Record<SettingsFile, typeof senderSchema | typeof receiverSchema>
> = { "sender.yaml": senderSchema, "receiver.yaml": receiverSchema };

export const settingsFiles: readonly SettingsFile[] = ["sender.yaml", "receiver.yaml"];

export interface SettingKey {
  /** `[]` for an entry of a list, `SITE` for any key of a map: `transports[].drop.dir`. */
  readonly path: string;
  readonly isRequired: boolean;
  /** As it stands in YAML; undefined if there is none. */
  readonly fallback: unknown;
  /** What is written for it, in Markdown: `duration`, `` `hard`, `mirror` ``. */
  readonly value: string;
  /** In Markdown, links as from docs/. */
  readonly meaning: string;
  /** Where its own keys stand, if it has any: `transports[]`, `sites.SITE`. */
  readonly keysAt: string | null;
}

/** The part of JSON Schema that settings need, and what the override below adds. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | false;
  readonly enum?: readonly string[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly default?: unknown;
  readonly kind?: string;
  readonly words?: Readonly<Record<string, string>>;
}

export function schemaNode(file: SettingsFile): SchemaNode {
  return settingsSchemas[file].toJSONSchema({
    io: "input",
    // What yaml-language-server reads.
    target: "draft-7",
    override({ zodSchema, jsonSchema }) {
      // Of a value that is transformed, such as a path, zod leaves the default out.
      // oxlint-disable-next-line no-underscore-dangle -- where zod has it for tools
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default = def.defaultValue;
      const words = settingWords.get(zodSchema);
      Object.assign(jsonSchema, settingKinds.get(zodSchema), words && { words });
    },
  }) as SchemaNode;
}

/** Markdown's words without its links and marks, and without what only makes sense in the document. */
export function plainWords(markdown: string): string {
  const alone = markdown.replaceAll(/,? \[see below\]\([^)]*\)/g, "");
  return alone.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

/** Each key before its own keys, in the order of the schema. */
export function settingKeys(file: SettingsFile): readonly SettingKey[] {
  return keysOf(schemaNode(file), "");
}

function keysOf(node: SchemaNode, path: string): readonly SettingKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const at = path === "" ? name : `${path}.${name}`;
    const meaning = node.words?.[name];
    if (meaning === undefined) throw new Error(`Nothing explains ${at}: see explained()`);
    const [keysAt, below] = sectionOf(child, at);
    const key: SettingKey = {
      path: at,
      isRequired: node.required?.includes(name) ?? false,
      fallback: child.default,
      value: valueOf(child),
      meaning,
      keysAt,
    };
    return [key, ...(keysAt === null ? [] : keysOf(below, keysAt))];
  });
}

/** Where the keys of a section stand, or of each entry of a list or map. A map of plain values has none. */
function sectionOf(node: SchemaNode, path: string): readonly [string | null, SchemaNode] {
  if (node.properties !== undefined) return [path, node];
  const [entry, suffix] =
    node.items === undefined ? [node.additionalProperties, ".SITE"] : [node.items, "[]"];
  return entry && entry.properties !== undefined ? [path + suffix, entry] : [null, node];
}

function valueOf({ kind, type, enum: choices, items, minItems, ...node }: SchemaNode): string {
  if (kind !== undefined) return kind;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (type === "boolean") return "`true`, `false`";
  if (type === "array") {
    const of = items?.enum === undefined ? "" : ` of ${valueOf(items)}`;
    return `list${of}${minItems === undefined ? "" : `, at least ${minItems}`}`;
  }
  if (type === "integer" || type === "number") {
    const { minimum, maximum } = node;
    const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
    if (minimum === undefined) return "number";
    return isOpen ? `number from ${minimum}` : `number, ${minimum} to ${maximum}`;
  }
  return type === "object" ? "keys" : "text";
}
