// A YAML file against its schema. Every complaint names file, line and key; a misspelt key is
// refused with the nearest one that exists, because a setting that silently does nothing is the
// most expensive kind.

import { FerryError, type FileSystem, ifMissing, printable } from "@siteferry/model";
import { LineCounter, parseDocument, visit } from "yaml";
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { readText } from "./read-text.ts";

type Document = ReturnType<typeof parseDocument>;
type Path = readonly PropertyKey[];

/**
 * Reads `path` and checks it.
 * @throws FerryError `settings-unreadable` or `settings-invalid`, one line per complaint.
 */
export async function readSettings<Schema extends z.ZodType>(
  files: FileSystem,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const missing = ifMissing("--config names the settings; siteferry init makes them.");
  return parseSettings(await readText(files, path).catch(missing), path, schema);
}

/** The pure half of {@link readSettings}; `path` is for the messages. */
export function parseSettings<Schema extends z.ZodType>(
  text: string,
  path: string,
  schema: Schema,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [firstLine = "not YAML"] = fault.message.split("\n");
    throw invalid([`${path}:${lines.linePos(fault.pos[0]).line}: ${firstLine.replace(/:$/, "")}`]);
  }
  visit(document, {
    Alias(_, { range }) {
      const { line } = lines.linePos(range?.[0] ?? 0);
      // Its name isn't shown: it may be a password that begins with an asterisk.
      throw invalid([`${path}:${line}: aliases, such as *name, aren't supported`]);
    },
  });
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const position = (at: Path): string => `${path}:${lineOf(document, lines, at)}`;
  // A misspelt key may be why another one is missing.
  const isUnknown = ({ code }: z.core.$ZodIssue): number => Number(code === "unrecognized_keys");
  const issues = result.error.issues.toSorted((a, b) => isUnknown(b) - isUnknown(a));
  throw invalid(issues.flatMap((issue) => describe(issue, schema, position)));
}

function invalid(complaints: readonly string[]): FerryError {
  return new FerryError("settings-invalid", complaints.join("\n"));
}

function describe(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  position: (path: Path) => string,
): readonly string[] {
  const key = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((name) => {
      const near = nearest(name, known);
      const hint =
        near === null ? `known here: ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`;
      return `${position([...issue.path, name])}: unknown key "${printable(name)}"; ${hint}`;
    });
  }
  if (key !== "" && issue.message.endsWith(", received undefined")) {
    return [`${position(issue.path)}: ${key} is missing`];
  }
  // Of a bad key in a record the reason stands one level below.
  const said = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  const message = (said ?? issue.message)
    .replace(/^Invalid input: /, "")
    .replace(", received undefined", "");
  return [`${position(issue.path)}: ${key === "" ? "" : `${key}: `}${message}`];
}

/** The line of the node at `path`, or of its nearest parent: a missing key has no line of its own. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const offset = keyOffset(parent, path[length - 1]!);
    if (offset !== null) return lines.linePos(offset).line;
  }
  return 1;
}

function keyOffset(parent: unknown, key: PropertyKey): number | null {
  if (typeof parent !== "object" || parent === null || !("items" in parent)) return null;
  const items = parent.items as readonly {
    key?: { value?: unknown; range?: number[] };
    range?: number[];
  }[];
  const item =
    typeof key === "number" ? items[key] : items.find((pair) => pair.key?.value === key)?.key;
  return item?.range?.[0] ?? null;
}

/** The keys that the schema knows at `path`. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let at: unknown = schema;
  for (const step of [...path, null]) {
    at = unwrap(at);
    if (step === null) break;
    if (at instanceof z.ZodObject) at = at.shape[String(step)];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (
    at instanceof z.ZodOptional ||
    at instanceof z.ZodDefault ||
    at instanceof z.ZodPrefault ||
    at instanceof z.ZodPipe
  ) {
    at = at instanceof z.ZodPipe ? (at.in instanceof z.ZodTransform ? at.out : at.in) : at.unwrap();
  }
  return at;
}
