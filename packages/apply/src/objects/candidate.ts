// The core's main configuration with another generation in the place of the live one, for the core's
// own check. Relative names are made absolute, because the candidate lies elsewhere. Pure.

import { FerryError, printable } from "@siteferry/model";

/** What nagios.cfg says of the files that the core works with; undefined where it says nothing. */
export interface MainConfiguration {
  readonly object_cache_file?: string;
  readonly command_file?: string;
  readonly query_socket?: string;
  /** What makes a pattern of a name that another object lists; absent: only `*` and `?` do. */
  readonly patternCharacters?: string;
}

/** A directory that stands in for one of the core's: links by name, and further such directories. */
export interface ShadowDirectory {
  /** The directory that it stands in for. */
  readonly of: string;
  /** The entry in which the object directory lies; null: it is the object directory itself. */
  readonly through: string | null;
}

export interface CandidateConfiguration {
  readonly text: string;
  /** By the path under which the candidate names it, relative to where the candidate lies. */
  readonly shadows: ReadonlyMap<string, ShadowDirectory>;
}

export interface CandidatePaths {
  /** nagios.cfg. */
  readonly mainFile: string;
  /** The object directory, which `cfg_dir` names, or a directory above it. */
  readonly directory: string;
  /** Where the candidate will lie. */
  readonly at: string;
}

interface Line {
  readonly text: string;
  readonly key: string | null;
  readonly value: string;
}

/** Also of its last line without a line end; `key=value`, blanks around both don't count. */
function* linesOf(main: string): Generator<Line> {
  for (const text of main.split("\n")) {
    const [, key = null, value = ""] = /^\s*([a-z0-9_]+)\s*=\s*(.*?)\s*$/i.exec(text) ?? [];
    yield { text, key: key?.toLowerCase() ?? null, value };
  }
}

/**
 * @param mainFile of which relative paths are meant.
 * @throws FerryError `settings-invalid` if every name would be a pattern: a service of the host `web`
 *   would be one of `web2` too, which is another site's.
 */
export function parseMainConfiguration(main: string, mainFile: string): MainConfiguration {
  const found: Record<string, string> = {};
  const flags = new Set<string>();
  for (const { key, value } of linesOf(main)) {
    if (key?.endsWith("regexp_matching")) flags[parseInt(value, 10) > 0 ? "add" : "delete"](key);
    if (key === null || !["object_cache_file", "command_file", "query_socket"].includes(key)) {
      continue;
    }
    found[key] = absolute(value, mainFile);
  }
  if (!flags.has("use_regexp_matching")) return found;
  if (flags.has("use_true_regexp_matching")) {
    const message = `${printable(mainFile)} has use_true_regexp_matching=1: every name would be a pattern`;
    throw new FerryError("settings-invalid", message);
  }
  return { ...found, patternCharacters: "+\\" };
}

/**
 * @throws FerryError `settings-invalid` if the main configuration doesn't read the object directory:
 *   then nothing that is written there would ever be live.
 */
export function candidateConfiguration(
  main: string,
  { mainFile, directory, at }: CandidatePaths,
): CandidateConfiguration {
  const shadows = new Map<string, ShadowDirectory>();
  const lines: string[] = [];
  for (const { text, key, value } of linesOf(main)) {
    if (key === null || !isPath(key)) {
      lines.push(text);
      continue;
    }
    const path = absolute(value, mainFile);
    const isAbove = key === "cfg_dir" && `${directory}/`.startsWith(`${trimmed(path)}/`);
    lines.push(`${key}=${isAbove ? `${at}/${shadow(shadows, trimmed(path), directory)}` : path}`);
  }
  if (shadows.size === 0) {
    throw new FerryError(
      "settings-invalid",
      `${printable(mainFile)} doesn't read ${printable(directory)}: add the line cfg_dir=${printable(directory)}`,
    );
  }
  // The check mustn't write into the log of the core that runs.
  lines.push(`log_file=${at}/check.log`, "");
  return { text: lines.join("\n"), shadows };
}

/** Adds what stands in for `path` and the directories between it and `directory`; returns its name. */
function shadow(shadows: Map<string, ShadowDirectory>, path: string, directory: string): string {
  const between = directory
    .slice(path.length + 1)
    .split("/")
    .filter((part) => part !== "");
  let name = `dir${[...shadows.keys()].filter((key) => !key.includes("/")).length}`;
  const top = name;
  let of = path;
  for (const part of between) {
    shadows.set(name, { of, through: part });
    name += `/${part}`;
    of += `/${part}`;
  }
  shadows.set(name, { of, through: null });
  return top;
}

/** `check_result_path`, `log_file`, `cfg_dir`; not `date_format`. */
function isPath(key: string): boolean {
  return /(_file|_dir|_path|_socket)$/.test(key);
}

function absolute(value: string, mainFile: string): string {
  return value.startsWith("/") ? value : `${mainFile.slice(0, mainFile.lastIndexOf("/"))}/${value}`;
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}
