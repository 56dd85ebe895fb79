// What a core shows of itself, in its status file. The core writes it whole beside the old one and renames
// it, every 10 s by default, so it is always whole and mostly a little old.

import type { CentreComment, CentreDowntime, CentreObject } from "@siteferry/apply";
import {
  FerryError,
  type FileSystem,
  limits,
  type Pairs,
  printable,
  systemCode,
} from "@siteferry/model";
import {
  acknowledgementOf,
  centreKey,
  type CentreKey,
  type CentreLook,
  centreObject,
  type CentreObjects,
  type CentreReader,
  flagOf,
  objectAt,
  wholeOf,
} from "./picture.ts";
import {
  fieldNames,
  type StatusFields,
  StatusScanner,
  type WantedBlock,
} from "./status-scanner.ts";

type Wants = ((variable: string) => boolean) | null;

/** One scan serves both questions. `wants`: as in {@link CentreReader.objects}. */
export function statusFileReader(files: FileSystem, path: string, wants: Wants): CentreReader {
  let scan: Promise<StatusPicture> | null = null;
  const scanned = (): Promise<StatusPicture> => (scan ??= scanStatusFile(files, path, wants));
  return {
    look: async () => (await scanned()).look,
    objects: async () => (await scanned()).objects,
  };
}

interface StatusPicture {
  readonly look: CentreLook;
  readonly objects: CentreObjects;
}

/** @throws FerryError `core-status-unusable` */
async function scanStatusFile(
  files: FileSystem,
  path: string,
  wants: Wants,
): Promise<StatusPicture> {
  const collector = new Collector(wants);
  try {
    const take = (part: Uint8Array): void => collector.scanner.add(part);
    await files.readParts(path, limits.statusFileBytesMax, take, { trusted: true });
  } catch (cause) {
    if (cause instanceof FerryError && cause.code !== "file-unsuitable") throw cause;
    const isGone = systemCode(cause) === "ENOENT";
    const reason = cause instanceof Error ? printable(cause.message, 200) : "";
    throw unusable(
      path,
      isGone ? "it isn't there: the core doesn't run, or restarts" : reason,
      cause,
    );
  }
  const picture = collector.picture();
  if (picture === null) throw unusable(path, "it isn't a whole status file");
  return picture;
}

function unusable(path: string, reason: string, cause?: unknown): FerryError {
  return new FerryError("core-status-unusable", `${printable(path)}: ${reason}`, { cause });
}

const acknowledged = "problem_has_been_acknowledged";
const type = "acknowledgement_type";
const hostFields = ["host_name", "has_been_checked", "current_state", acknowledged, type];
const person = ["host_name", "author", "entry_time"];
const commentFields = [...person, "comment_id", "entry_type", "persistent", "comment_data"];
const times = ["start_time", "end_time", "triggered_by", "fixed", "duration"];
const downtimeFields = [...person, ...times, "downtime_id", "comment"];
const service = "service_description";

class Collector {
  readonly scanner: StatusScanner;
  #createdMs = 0;
  #programStart = "";
  readonly #comments: CentreComment[] = [];
  readonly #downtimes: CentreDowntime[] = [];
  readonly #acknowledged: string[] = [];
  readonly #objects = new Map<CentreKey, CentreObject>();
  readonly #variables = new Map<CentreKey, Pairs>();

  constructor(wantsVariable: Wants) {
    const block = (
      fields: readonly string[],
      take: (fields: StatusFields) => void,
    ): WantedBlock => ({ fields: fieldNames(fields), take });
    const status = (fields: readonly string[]): WantedBlock => ({
      ...block(fields, (found) => this.#takeObject(found)),
      wantsVariable,
    });
    const takeComment = (fields: StatusFields): void => this.#takeComment(fields);
    const takeDowntime = (fields: StatusFields): void => this.#takeDowntime(fields);
    this.scanner = new StatusScanner(
      new Map([
        [
          "info",
          block(["created"], (f) => (this.#createdMs = wholeOf(f.get("created") ?? "") * 1000)),
        ],
        [
          "programstatus",
          block(["program_start"], (f) => (this.#programStart = f.get("program_start") ?? "")),
        ],
        ["hoststatus", status(hostFields)],
        ["servicestatus", status([...hostFields, service])],
        ["hostcomment", block(commentFields, takeComment)],
        ["servicecomment", block([...commentFields, service], takeComment)],
        ["hostdowntime", block(downtimeFields, takeDowntime)],
        ["servicedowntime", block([...downtimeFields, service], takeDowntime)],
      ]),
    );
  }

  /** Null: it isn't a status file, or was cut. */
  picture(): StatusPicture | null {
    if (!this.scanner.isWhole || this.#createdMs === 0 || this.#programStart === "") return null;
    return {
      look: {
        madeAtMs: this.#createdMs,
        programStart: this.#programStart,
        comments: this.#comments,
        downtimes: this.#downtimes,
        acknowledged: this.#acknowledged,
      },
      objects: { objects: this.#objects, variables: this.#variables },
    };
  }

  #takeObject(fields: StatusFields): void {
    const key = centreKey(fields.get("host_name") ?? "", fields.get(service) ?? null);
    const kind = acknowledgementOf(fields.get(acknowledged) ?? "", fields.get(type) ?? "");
    const state = wholeOf(fields.get("current_state") ?? "");
    const object = centreObject(flagOf(fields.get("has_been_checked") ?? ""), state, kind);
    this.#objects.set(key, object);
    if (kind !== 0) this.#acknowledged.push(`${key}\t${kind}`);
    const pairs: (readonly [string, string])[] = [];
    // `_NAME=1;value`: whether it was changed stands before it.
    for (const [name, value] of fields) {
      if (name.startsWith("_")) pairs.push([name.slice(1), value.slice(value.indexOf(";") + 1)]);
    }
    if (pairs.length > 0) this.#variables.set(key, pairs);
  }

  #takeComment(fields: StatusFields): void {
    const at = objectAt(fields.get("host_name") ?? "", fields.get(service) ?? "");
    if (at === null) return;
    const number = (name: string): number => wholeOf(fields.get(name) ?? "");
    this.#comments.push({
      ...at,
      id: number("comment_id"),
      author: fields.get("author") ?? "",
      text: fields.get("comment_data") ?? "",
      entryTime: number("entry_time"),
      entryType: number("entry_type"),
      persistent: flagOf(fields.get("persistent") ?? ""),
    });
  }

  #takeDowntime(fields: StatusFields): void {
    const at = objectAt(fields.get("host_name") ?? "", fields.get(service) ?? "");
    if (at === null) return;
    const number = (name: string): number => wholeOf(fields.get(name) ?? "");
    this.#downtimes.push({
      ...at,
      id: number("downtime_id"),
      author: fields.get("author") ?? "",
      text: fields.get("comment") ?? "",
      entryTime: number("entry_time"),
      startTime: number("start_time"),
      endTime: number("end_time"),
      fixed: flagOf(fields.get("fixed") ?? ""),
      duration: number("duration"),
      triggeredBy: number("triggered_by"),
    });
  }
}
