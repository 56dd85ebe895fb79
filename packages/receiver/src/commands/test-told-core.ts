// For tests: a core that is told by its command file and shows what it made of that in its status file,
// whenever the test lets it.

import { writeFile } from "node:fs/promises";
import { FerryError } from "@siteferry/model";
import type { CommandFile } from "../world/command-file.ts";
import type { CommandsWorld } from "../world/real-commands.ts";

interface Told {
  readonly id: number;
  readonly host: string;
  readonly service: string | null;
  readonly author: string;
  readonly text: string;
}

export interface ToldCore {
  clockMs: number;
  readonly world: CommandsWorld;
  /** All commands that came, without their times. */
  readonly commands: string[];
  /** Objects with their state; acknowledged if their name is in `acknowledged`. */
  readonly objects: Map<string, { state: number; variables?: Readonly<Record<string, string>> }>;
  readonly acknowledged: Set<string>;
  comments: (Told & { readonly type: number })[];
  downtimes: Told[];
  programStart: number;
  /** How many pieces it takes before it goes, or is full for ever. */
  room: number;
  whenFull: "hangs" | "goes" | "isn't there";
  /** While siteferry waits between commands. */
  meanwhile(): Promise<void>;
  /** Does what it was told and writes its status file, as of now. */
  work(): Promise<void>;
}

/** @param statusFile where it shows what it has */
export function makeToldCore(statusFile: string): ToldCore {
  let pipe = "";
  let nextId = 1;
  const core: ToldCore = {
    clockMs: Date.UTC(2026, 10, 1),
    commands: [],
    objects: new Map(),
    acknowledged: new Set(),
    comments: [],
    downtimes: [],
    programStart: 1_700_000_000,
    room: Infinity,
    whenFull: "hangs",
    async meanwhile() {},
    world: {
      connect: () => Promise.reject(new Error("it has no Livestatus")),
      async openCommandFile() {
        return core.whenFull === "isn't there" ? null : file;
      },
      async wait(milliseconds) {
        core.clockMs += milliseconds;
        await core.meanwhile();
      },
    },
    async work() {
      for (const line of pipe.split("\n").filter((one) => one !== ""))
        carryOut(core, line, nextId++);
      pipe = "";
      await writeFile(statusFile, statusOf(core));
    },
  };
  const file: CommandFile = {
    async write(piece) {
      if (core.room === 0) {
        if (core.whenFull === "hangs") return false;
        throw new FerryError("core-takes-no-commands", "it has gone");
      }
      core.room -= 1;
      pipe += Buffer.from(piece).toString();
      return true;
    },
    async [Symbol.asyncDispose]() {},
  };
  return core;
}

function carryOut(core: ToldCore, line: string, id: number): void {
  const command = line.replace(/^\[\d+\] /, "");
  core.commands.push(command);
  const [name = "", ...words] = command.split(";");
  const isHost = name.includes("HOST");
  const [host = "", service = null] = isHost ? words : words;
  const at = { id, host, service: isHost ? null : service };
  const key = isHost ? host : `${host}\t${service}`;
  const [author = "", text = ""] = words.slice(-2);
  const other = ({ id: itsId }: Told): boolean => itsId !== Number(words[0]);
  if (name.startsWith("ADD_")) core.comments.push({ ...at, author, text, type: 1 });
  if (name.startsWith("SCHEDULE_")) core.downtimes.push({ ...at, author, text });
  if (name.startsWith("ACKNOWLEDGE_")) {
    core.acknowledged.add(key);
    core.comments.push({ ...at, author, text, type: 4 });
  }
  if (name.startsWith("REMOVE_")) {
    core.acknowledged.delete(key);
    core.comments = core.comments.filter((one) => one.type !== 4 || keyOf(one) !== key);
  }
  if (name.startsWith("PROCESS_")) core.objects.get(key)!.state = Number(words[isHost ? 1 : 2]);
  if (name.startsWith("CHANGE_CUSTOM_")) {
    const [variable = "", value = ""] = words.slice(isHost ? 1 : 2);
    const object = core.objects.get(key)!;
    object.variables = { ...object.variables, [variable]: value };
  }
  if (/^DEL_\w+_COMMENT$/.test(name)) core.comments = core.comments.filter(other);
  if (/^DEL_\w+_DOWNTIME$/.test(name)) core.downtimes = core.downtimes.filter(other);
}

function keyOf({ host, service }: Told): string {
  return service === null ? host : `${host}\t${service}`;
}

function statusOf(core: ToldCore): string {
  const created = Math.floor(core.clockMs / 1000);
  const blocks = [
    block("info", { created }),
    block("programstatus", { program_start: core.programStart }),
  ];
  for (const [key, { state, variables = {} }] of core.objects) {
    const [host, service] = key.split("\t");
    const custom = Object.entries(variables).map(([name, value]) => [`_${name}`, `0;${value}`]);
    const isAcknowledged = Number(core.acknowledged.has(key));
    blocks.push(
      block(service === undefined ? "hoststatus" : "servicestatus", {
        ...namesOf(host!, service),
        has_been_checked: Number(state >= 0),
        current_state: Math.max(0, state),
        problem_has_been_acknowledged: isAcknowledged,
        acknowledgement_type: isAcknowledged,
        ...(Object.fromEntries(custom) as Record<string, string>),
      }),
    );
  }
  for (const { id, host, service, author, text, type } of core.comments) {
    const fields = { comment_id: id, entry_type: type, persistent: 1, entry_time: entryTime };
    const names = namesOf(host, service ?? undefined);
    const kind = service === null ? "hostcomment" : "servicecomment";
    blocks.push(block(kind, { ...names, ...fields, author, comment_data: text }));
  }
  for (const { id, host, service, author, text } of core.downtimes) {
    const times = { entry_time: entryTime, start_time: downtimeStart, end_time: downtimeEnd };
    const fields = { downtime_id: id, ...times, fixed: 1, duration: 0, triggered_by: 0 };
    const names = namesOf(host, service ?? undefined);
    const kind = service === null ? "hostdowntime" : "servicedowntime";
    blocks.push(block(kind, { ...names, ...fields, author, comment: text }));
  }
  return blocks.join("");
}

const entryTime = Date.UTC(2026, 9, 30) / 1000;
/** All downtimes of these tests are fixed and have these times. */
export const downtimeStart: number = Date.UTC(2026, 9, 31) / 1000;
export const downtimeEnd: number = downtimeStart + 7 * 86_400;

function namesOf(host: string, service: string | undefined): Readonly<Record<string, string>> {
  return { host_name: host, ...(service !== undefined && { service_description: service }) };
}

function block(kind: string, fields: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `\t${name}=${value}\n`);
  return `${kind} {\n${lines.join("")}\t}\n\n`;
}
