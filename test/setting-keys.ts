// The keys of an agent's YAML file, read out of its schema, as docs/configuration.md writes them.

import type { receiverSchema } from "@siteferry/receiver";
import type { senderSchema } from "@siteferry/sender";

export interface SettingKey {
  /** `[]` for an entry of a list, `SITE` for any key of a map: `transports[].drop.dir`. */
  readonly path: string;
  readonly isRequired: boolean;
  /** As it stands in YAML; undefined if there is none. */
  readonly fallback: unknown;
  readonly choices: readonly string[];
}

/** The part of JSON Schema that settings need. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | false;
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

export function settingKeys(schema: typeof senderSchema | typeof receiverSchema): SettingKey[] {
  const node = schema.toJSONSchema({
    io: "input",
    // Of a value that is transformed, such as a path, zod leaves the default out.
    override({ zodSchema, jsonSchema }) {
      // oxlint-disable-next-line no-underscore-dangle -- where zod has it for tools
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default = def.defaultValue;
    },
  });
  return keysOf(node as Node, "");
}

function keysOf(node: Node, path: string): SettingKey[] {
  if (node.items !== undefined) return keysOf(node.items, `${path}[]`);
  const named = Object.entries(node.properties ?? {}).map(
    ([name, child]) => [name, child, node.required?.includes(name) ?? false] as const,
  );
  const { additionalProperties: each } = node;
  // A map of plain values is one setting.
  const isMapOfObjects = each && (each.properties !== undefined || each.items !== undefined);
  const any = isMapOfObjects ? [["SITE", each, false] as const] : [];
  return [...named, ...any].flatMap(([name, child, isRequired]) => {
    const at = path === "" ? name : `${path}.${name}`;
    const { default: fallback, enum: choices = [] } = child;
    return [{ path: at, isRequired, fallback, choices }, ...keysOf(child, at)];
  });
}
