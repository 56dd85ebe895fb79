// The site's history: lines of a core's log, through the table `log`, become events. The message is read
// itself, because it is the one thing that all cores say alike: naemon-livestatus puts STARTED of a
// downtime where SOFT or HARD stands of an alert, and Icinga 2 ends an output at its first semicolon.

import { type LivestatusClient, parseHeaderLine } from "@siteferry/livestatus";
import { type Cells, type EventKind, limits, type Seconds } from "@siteferry/model";
import { cutText } from "./normalise.ts";
import type { ObjectRegister } from "./object-register.ts";

export interface EventsRead {
  /** Of `eventTable`, oldest first. */
  readonly rows: readonly Cells[];
  /** Older ones, beyond what a bundle may have. */
  readonly leftOut: number;
}

/** Alerts, and that a downtime or flapping began or ended. */
const alertClass = 1;

/** What happened to the objects in `known` since `since`; nothing if the server lacks what it takes. */
export async function readEvents(
  client: LivestatusClient,
  available: ReadonlySet<string>,
  known: ObjectRegister,
  since: Seconds,
): Promise<EventsRead> {
  if (!["time", "class", "message"].every((name) => available.has(name))) {
    return { rows: [], leftOut: 0 };
  }
  // Some give the newest line first, others the oldest.
  const columns = ["time", "message", ...["lineno"].filter((name) => available.has(name))];
  const headers = [`Filter: time >= ${since}`, `Filter: class = ${alertClass}`].map(
    parseHeaderLine,
  );
  const newest = new Newest(limits.eventsMax);
  for await (const batch of client.rows({ table: "log", columns, headers })) {
    for (const [time = "", message = "", line = "0"] of batch) {
      const cells = parseEvent(Number(time), message);
      if (cells !== null && known.has(cells[1]!, cells[2]!)) newest.add(cells, Number(line));
    }
  }
  return newest.finish();
}

interface Logged {
  readonly cells: Cells;
  readonly time: number;
  readonly line: number;
}

/** Keeps so many of what comes in whatever order. */
class Newest {
  #events: Logged[] = [];
  #leftOut = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(cells: Cells, line: number): void {
    this.#events.push({ cells, time: Number(cells[0]), line });
    if (this.#events.length >= 2 * this.#max) this.#tidy();
  }

  finish(): EventsRead {
    this.#tidy();
    const rows = new Map(this.#events.map(({ cells }) => [JSON.stringify(cells), cells]));
    return { rows: [...rows.values()], leftOut: this.#leftOut };
  }

  #tidy(): void {
    this.#events.sort((one, other) => one.time - other.time || one.line - other.line);
    const older = this.#events.splice(0, Math.max(0, this.#events.length - this.#max));
    this.#leftOut += older.length;
  }
}

const pattern = /^\[\d+\] (HOST|SERVICE) (?:(DOWNTIME|FLAPPING) )?ALERT: (.*)$/s;
// Maps, as the words come from outside: no object may answer to `constructor`.
const states: ReadonlyMap<string, number> = new Map([
  ["HOST UP", 0],
  ["HOST DOWN", 1],
  ["HOST UNREACHABLE", 2],
  ["SERVICE OK", 0],
  ["SERVICE WARNING", 1],
  ["SERVICE CRITICAL", 2],
  ["SERVICE UNKNOWN", 3],
]);
const kinds: ReadonlyMap<string, EventKind> = new Map([
  ["DOWNTIME STARTED", "downtime-started"],
  ["DOWNTIME STOPPED", "downtime-stopped"],
  ["DOWNTIME CANCELLED", "downtime-cancelled"],
  ["FLAPPING STARTED", "flapping-started"],
  ["FLAPPING STOPPED", "flapping-stopped"],
  ["FLAPPING DISABLED", "flapping-disabled"],
]);
const { attempt: attemptMax = 0 } = limits.integerMax["events"] ?? {};
const { plugin_output: outputMax = 0 } = limits.textMax["events"] ?? {};

/** A row of `eventTable`; null for every other line. The names may be any text. */
function parseEvent(time: number, message: string): Cells | null {
  const [, whose = "", what, rest = ""] = pattern.exec(message) ?? [];
  const isTime = Number.isSafeInteger(time) && time > 0 && time < limits.timeEnd;
  if (whose === "" || !isTime) return null;
  const fields = rest.split(";");
  const host = fields.shift()!;
  const description = whose === "SERVICE" ? (fields.shift() ?? "") : null;
  const [first = "", type = "", attempt = "", ...output] = fields;
  if (what !== undefined) {
    const kind = kinds.get(`${what} ${first.trim()}`);
    return kind === undefined ? null : [time, host, description, kind, 0, 0, 0, ""];
  }
  const state = states.get(`${whose} ${first}`);
  if (state === undefined || !/^(SOFT|HARD)$/.test(type)) return null;
  const tries = /^\d+$/.test(attempt) ? Math.min(Number(attempt), attemptMax) : 0;
  const text = cutText(output.join(";"), outputMax);
  return [time, host, description, "alert", state, type === "HARD" ? 1 : 0, tries, text];
}
