// What people of the pretended site said, and what its core logged: tables over the columns of its
// hosts and services. Each acknowledgement has its comment; some hosts are under maintenance.

import type { ServedTable } from "@siteferry/livestatus";
import type { Cells, Seconds } from "@siteferry/model";
import type { Alert } from "./checks.ts";
import type { ColumnValues } from "./inventory.ts";

/** Columns of hosts or of services. */
export interface AnnotatedSide {
  readonly columns: ColumnValues;
  readonly alerts: readonly Alert[];
}

const author = "jörg";
const maintenanceHours = 4;

/** Whether the host of this number is under maintenance all the time. */
export function isInMaintenance(host: number): boolean {
  return host % 11 === 5;
}

export function annotationTables(
  sides: readonly [hosts: AnnotatedSide, services: AnnotatedSide],
  start: Seconds,
): Readonly<Record<"comments" | "downtimes" | "log", ServedTable>> {
  const object = {
    id: "int",
    host_name: "string",
    service_description: "string",
    is_service: "int",
    author: "string",
    comment: "string",
    entry_time: "time",
  } as const;
  return {
    comments: {
      columns: {
        ...object,
        entry_type: "int",
        persistent: "int",
        expires: "int",
        expire_time: "time",
      },
      *rows() {
        for (const side of sides) yield* acknowledgements(side, side === sides[1]);
      },
    },
    downtimes: {
      columns: {
        ...object,
        start_time: "time",
        end_time: "time",
        fixed: "int",
        duration: "int",
        triggered_by: "int",
      },
      *rows() {
        for (const [index, host] of (sides[0].columns["name"] ?? []).entries()) {
          if (!isInMaintenance(index)) continue;
          const seconds = maintenanceHours * 3600;
          const text = "Wartung: Netzteil; Firmware 🔌";
          const times = [start - seconds, start - 60, start - 60 + seconds];
          yield [index + 1, host, "", 0, author, text, ...times, 1, seconds, 0];
        }
      },
    },
    log: {
      columns: { time: "time", lineno: "int", class: "int", type: "string", message: "string" },
      *rows() {
        for (const [index, side] of sides.entries()) yield* lines(side, index === 1);
      },
    },
  };
}

/** Ids are odd for hosts and even for services. */
function* acknowledgements({ columns }: AnnotatedSide, isService: boolean): Generator<Cells> {
  const hosts = columns[isService ? "host_name" : "name"] ?? [];
  for (const [index, acknowledged] of (columns["acknowledged"] ?? []).entries()) {
    if (acknowledged !== 1) continue;
    const id = 2 * index + (isService ? 2 : 1);
    const description = isService ? columns["description"]![index]! : "";
    const since = columns["last_hard_state_change"]![index]!;
    const text = "Ticket 4711: wird bearbeitet; siehe C:\\tickets";
    const object = [hosts[index]!, description, isService ? 1 : 0];
    yield [id, ...object, author, text, since, 4, 0, 0, 0];
  }
}

const stateNames = {
  HOST: ["UP", "DOWN", "UNREACHABLE"],
  SERVICE: ["OK", "WARNING", "CRITICAL", "UNKNOWN"],
} as const;

function* lines({ columns, alerts }: AnnotatedSide, isService: boolean): Generator<Cells> {
  const whose = isService ? "SERVICE" : "HOST";
  const names = isService
    ? [columns["host_name"]!, columns["description"]!]
    : [columns["name"] ?? []];
  for (const [line, { index, time, state, isHard, attempt, output }] of alerts.entries()) {
    const object = names.map((cells) => String(cells[index]));
    const type = isHard ? "HARD" : "SOFT";
    const fields = [...object, stateNames[whose][state]!, type, attempt, output];
    const message = `[${time}] ${whose} ALERT: ${fields.join(";")}`;
    yield [time, line, 1, `${whose} ALERT`, message];
  }
}
