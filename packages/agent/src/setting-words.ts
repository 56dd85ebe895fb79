// What the keys of the YAML files mean, beside their schemas: docs/configuration.md, the manual page and
// the schema for editors are made of it (packaging/setting-keys.ts).

import { z } from "zod";

/** Of a section: key → meaning, in Markdown, links as from docs/. zod's describe() would copy each schema at each start. */
export const settingWords: z.core.$ZodRegistry<Readonly<Record<string, string>>> = z.registry();

/** What an operator writes for a value, such as `duration`, where type and choices don't tell. */
export const settingKinds: z.core.$ZodRegistry<{ readonly kind: string }> = z.registry();

/** A section whose every key has its meaning; the compiler sees to that. */
export function explained<Schema extends z.ZodObject>(
  section: Schema,
  words: Readonly<Record<keyof Schema["shape"], string>>,
): Schema {
  settingWords.add(section, words);
  return section;
}

export function kind<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  settingKinds.add(schema, { kind: name });
  return schema;
}
