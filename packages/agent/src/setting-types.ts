// The kinds of values that both agents' settings use.

import { parseSiteId, type SiteId } from "@siteferry/model";
import { validate } from "node-cron";
import { z } from "zod";
import { explained, kind } from "./setting-words.ts";

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A timer that is set to more fires at once. */
const timerMaxMs = 2 ** 31 - 1;

const durationText = z.string().transform((text, context) => {
  const [, number, unit] = /^(\d+)\s*(ms|s|m|h|d)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (units[unit ?? ""] ?? Number.NaN);
  if (milliseconds > 0 && milliseconds <= timerMaxMs) return milliseconds;
  context.addIssue(
    milliseconds > timerMaxMs
      ? `"${text}" is longer than 24d`
      : `"${text}" isn't a time; write a number from 1 and a unit: 90s, 5m, 1h`,
  );
  return z.NEVER;
});
/** A time such as `60s`, `5m`, `1h`; milliseconds in the program. */
export const duration: z.ZodType<number, string> = kind("duration", durationText);

const sizeUnits: Readonly<Record<string, number>> = { KB: 1_000, MB: 1_000_000 };

const sizeText = z.string().transform((text, context) => {
  const [, number, unit] = /^(\d{1,6})\s*(KB|MB)$/.exec(text) ?? [];
  const bytes = Number(number) * (sizeUnits[unit ?? ""] ?? Number.NaN);
  if (bytes > 0) return bytes;
  context.addIssue(`"${text}" isn't a size; write a number from 1 and a unit: 512KB, 8MB`);
  return z.NEVER;
});
/** A number of bytes such as `512KB`, `8MB`; a thousand, a million. */
export const size: z.ZodType<number, string> = kind("size", sizeText);

/** A cron line with five fields (or six, with seconds). */
export const schedule: z.ZodType<string, string> = kind(
  "cron line",
  z
    .string()
    .refine((text) => validate(text), 'not a cron line; for every minute write "* * * * *"'),
);

const siteIdText = z.string().transform((text, context) => {
  const id = parseSiteId(text);
  if (id !== null) return id;
  context.addIssue(
    `"${text}" isn't an id: at most 32 small letters, digits and hyphens, a letter or digit first`,
  );
  return z.NEVER;
});
export const siteId: z.ZodType<SiteId, string> = kind("site id", siteIdText);

/** File modes are written as in chmod: "0640". */
export const fileMode: z.ZodType<number, string> = kind(
  "file mode",
  z
    .string()
    .regex(/^0?[0-7]{3}$/, 'not a file mode; write it in quotes as "0640"')
    .transform((text) => Number.parseInt(text, 8)),
);

const path = z
  .string()
  .startsWith("/", "not an absolute path")
  .transform((text) => text.replace(/\/+$/, "") || "/");
export const absolutePath: z.ZodType<string, string> = kind("path", path);
/** Of a file with certificates or a key. */
export const pemFile: z.ZodType<string, string> = kind("path, PEM", path.clone());

/** A command with its arguments, run without a shell; `.min(1)` where there has to be one. */
export const commandWords: z.ZodArray<z.ZodString> = kind("list of words", texts());
export const anyNames: z.ZodArray<z.ZodString> = kind("list of names", texts());
/** Of names; `*` stands for any text. */
export const patterns: z.ZodArray<z.ZodString> = kind("list of patterns", texts());

function texts(): z.ZodArray<z.ZodString> {
  return z.array(z.string().min(1));
}

/** Of files that another user reads: by name or number. */
export const groupName: z.ZodType<string, string> = kind(
  "name or number",
  z.string().regex(/^[\w.-]+$/, "not the name or number of a group"),
);

/** No hyphen first: it could be an option of some program. */
export const serverName: z.ZodType<string, string> = kind(
  "name or address",
  z.string().regex(/^[A-Za-z0-9:][\w.:-]*$/, "not the name or address of a server"),
);

export const livestatusAddress: z.ZodType<string, string> = kind(
  "address",
  z.string().regex(/^(unix:.|(tcp|tls):.+:\d)/, "write unix:PATH, tcp:HOST:PORT or tls:HOST:PORT"),
);

/** What a marker file's name adds to that of the file it speaks for. */
export const markerSuffix: z.ZodType<string, string> = kind(
  "file name's end",
  z.string().regex(/^\.[a-z0-9]{1,16}$/, 'not the end of a file name, such as ".ok"'),
);

/** Lets `key:` with nothing behind it mean that nothing is said about it. */
export function section<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>> {
  return z.preprocess((value) => value ?? {}, schema);
}

/** One of several sections, by its key: `drop: {…}` or `ssh: {…}`. */
type OneOf<Schemas extends Readonly<Record<string, z.ZodType>>> = {
  [Key in keyof Schemas]: Readonly<Record<Key, z.output<Schemas[Key]>>>;
}[keyof Schemas];

/** One object with all of them as its keys: a union would hide the line of a misspelt key. */
export function oneOf<Schemas extends Readonly<Record<string, z.ZodType>>>(
  what: string,
  schemas: Schemas,
  words: Readonly<Record<keyof Schemas, string>>,
): z.ZodType<OneOf<Schemas>> {
  const keys = Object.keys(schemas);
  const optional = Object.entries(schemas).map(
    ([key, schema]) => [key, schema.optional()] as const,
  );
  const entry = z.strictObject(Object.fromEntries(optional));
  return explained(entry, words).transform((sections, context) => {
    const given = Object.entries(sections).filter(([, section_]) => section_ !== undefined);
    if (given.length === 1) return Object.fromEntries(given) as OneOf<Schemas>;
    context.addIssue(`one ${what} an entry: ${keys.join(" or ")}`);
    return z.NEVER;
  });
}
