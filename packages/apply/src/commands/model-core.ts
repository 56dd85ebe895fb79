// For tests: a core that takes commands as lines, in the escapes and with the habits that were seen on
// Nagios and Icinga 2 (docs/facts.md), and shows what it has.

import type { Flag, HostName, Seconds, ServiceDescription } from "@siteferry/model";
import type { CentreComment, CentreDowntime, CentreView, ObjectAt } from "./centre-view.ts";
import type { CommandDialect } from "./command.ts";

interface ModelObject extends ObjectAt {
  hasBeenChecked: Flag;
  state: number;
  acknowledgement: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class ModelCore {
  readonly #dialect: CommandDialect;
  readonly #objects = new Map<string, ModelObject>();
  comments: Mutable<CentreComment>[] = [];
  downtimes: Mutable<CentreDowntime>[] = [];
  now: Seconds;
  #lastCommentId = 0;
  #lastDowntimeId = 0;

  constructor(dialect: CommandDialect, now: Seconds) {
    this.#dialect = dialect;
    this.now = now;
  }

  know(at: ObjectAt): void {
    this.#objects.set(keyOf(at), { ...at, hasBeenChecked: 0, state: 0, acknowledgement: 0 });
  }

  view(): CentreView {
    const objects = new Map([...this.#objects].map(([key, object]) => [key, { ...object }]));
    return {
      madeAtMs: this.now * 1000,
      object: (at) => objects.get(keyOf(at)) ?? null,
      comments: this.comments.map((comment) => ({ ...comment })),
      downtimes: this.downtimes.map((downtime) => ({ ...downtime })),
    };
  }

  at(at: ObjectAt): ModelObject {
    const found = this.#objects.get(keyOf(at));
    if (found === undefined) throw new Error(`unknown: ${keyOf(at)}`);
    return found;
  }

  /** A check result: a problem that is over or another one loses its acknowledgement. */
  result(at: ObjectAt, state: number): void {
    const object = this.at(at);
    const isSticky = object.acknowledgement === 2;
    const isOver = state === 0 || (!isSticky && state !== object.state);
    if (object.acknowledgement !== 0 && isOver) this.#unacknowledge(object);
    object.hasBeenChecked = 1;
    object.state = state;
  }

  /** The clock goes on; downtimes that are over leave by themselves. */
  pass(seconds: number): void {
    this.now += seconds;
    this.downtimes = this.downtimes.filter(({ endTime }) => endTime > this.now);
  }

  restart(keepsState: boolean): void {
    if (!keepsState) {
      this.comments = [];
      this.downtimes = [];
      this.#lastCommentId = 0;
      this.#lastDowntimeId = 0;
      for (const object of this.#objects.values()) object.acknowledgement = 0;
    } else if (this.#dialect.core === "icinga2") {
      this.#numberAnew();
    }
  }

  /** Icinga 2 numbers them when it starts; the triggers go along. */
  #numberAnew(): void {
    this.#lastCommentId = 0;
    for (const comment of this.comments.toReversed()) comment.id = ++this.#lastCommentId;
    const ids = new Map<number, number>();
    this.#lastDowntimeId = 0;
    for (const downtime of this.downtimes.toReversed()) {
      ids.set(downtime.id, ++this.#lastDowntimeId);
    }
    for (const downtime of this.downtimes) {
      downtime.id = ids.get(downtime.id)!;
      downtime.triggeredBy = ids.get(downtime.triggeredBy) ?? 0;
    }
  }

  execute(line: string): void {
    const { core, way } = this.#dialect;
    if (/[\n\r\0]/.test(line)) throw new Error("more than a line");
    const told =
      core === "naemon" && way === "socket"
        ? line.replace(/\\(.)/gs, (_, c: string) => (c === "n" ? "\n" : c))
        : line;
    const [, time = "", name = "", rest = ""] =
      /^\[([0-9]{10})\] ([A-Z_]+);(.*)$/s.exec(told) ?? [];
    if (name === "") throw new Error(`no command: ${line}`);
    this.#run(Number(time), name, rest.trimEnd());
  }

  #run(time: Seconds, name: string, rest: string): void {
    const isService = /_SVC_/.test(name);
    if (name.startsWith("DEL_")) return this.#delete(name, isService, Number(rest));
    const [host = "", ...more] = rest.split(";");
    const service = isService ? (more.shift() ?? "") : null;
    const at = { host: host as HostName, service: service as ServiceDescription | null };
    const object = this.#objects.get(keyOf(at));
    if (object === undefined) return;
    if (name.startsWith("REMOVE_")) return this.#unacknowledge(object);
    if (name.startsWith("ACKNOWLEDGE_")) return this.#acknowledge(object, more);
    if (name.startsWith("SCHEDULE_")) return this.#schedule(at, time, more);
    if (name.startsWith("ADD_")) return this.#comment(at, time, more);
    throw new Error(`not modelled: ${name}`);
  }

  #acknowledge(object: ModelObject, [sticky, , persistent, author = "", ...text]: string[]): void {
    if (object.state === 0) return;
    if (this.#dialect.core === "icinga2" && object.acknowledgement !== 0) return;
    object.acknowledgement = sticky === "2" ? 2 : 1;
    this.addComment(object, author, this.#lastOf(text), 4, persistent === "1" ? 1 : 0);
  }

  #unacknowledge(object: ModelObject): void {
    object.acknowledgement = 0;
    this.#drop(
      (comment) =>
        comment.entryType === 4 && comment.persistent === 0 && keyOf(comment) === keyOf(object),
    );
  }

  #schedule(at: ObjectAt, time: Seconds, args: string[]): void {
    const [start, end, fixed, trigger, duration] = args.map(Number);
    const [author = "", ...text] = args.slice(5);
    const { core } = this.#dialect;
    // Nagios takes what stands before the next semicolon.
    const shown = core === "nagios" ? text[0]! : this.#lastOf(text);
    if (shown === "" || end! <= this.now || start! >= end!) return;
    const isFixed = fixed === 1;
    const kept = core === "icinga2" ? duration! : isFixed ? end! - start! : duration!;
    const knowsTrigger = this.downtimes.some(({ id }) => id === trigger);
    const said = { author, text: shown, entryTime: core === "icinga2" ? this.now : time };
    const times = { startTime: start!, endTime: end!, duration: kept };
    const begun = { fixed: isFixed ? 1 : 0, triggeredBy: knowsTrigger ? trigger! : 0 } as const;
    this.addDowntime({ ...at, ...said, ...times, ...begun });
    if (core !== "icinga2") this.addComment(at, author, "This has been scheduled", 2, 0);
  }

  #comment(at: ObjectAt, time: Seconds, [persistent, author = "", ...text]: string[]): void {
    const shown = this.#lastOf(text);
    if (shown === "") return;
    this.addComment(at, author, shown, 1, persistent === "1" ? 1 : 0, time);
  }

  /** Icinga 2 drops semicolons with which a text begins. */
  #lastOf(words: string[]): string {
    const text = words.join(";");
    return this.#dialect.core === "icinga2" ? text.replace(/^;+/, "") : text;
  }

  addComment(
    { host, service }: ObjectAt,
    author: string,
    text: string,
    entryType: number,
    persistent: Flag = 0,
    time: Seconds = this.now,
  ): void {
    const entryTime = this.#dialect.core === "icinga2" ? this.now : time;
    const id = ++this.#lastCommentId;
    this.comments.push({ id, host, service, author, text, entryTime, entryType, persistent });
  }

  addDowntime(downtime: Omit<CentreDowntime, "id">): void {
    this.downtimes.push({ id: ++this.#lastDowntimeId, ...downtime });
  }

  #delete(name: string, isService: boolean, id: number): void {
    const meant = (item: CentreComment | CentreDowntime) =>
      item.id === id && (item.service !== null) === isService;
    if (name.endsWith("_COMMENT")) return this.#drop(meant);
    this.downtimes = this.downtimes.filter((item) => !meant(item));
    const triggered = this.downtimes.filter(({ triggeredBy }) => triggeredBy === id);
    if (this.#dialect.core === "icinga2") for (const one of triggered) one.triggeredBy = 0;
    // Nagios takes along what it would have begun.
    else for (const one of triggered) this.#delete(name, one.service !== null, one.id);
  }

  #drop(meant: (comment: CentreComment) => boolean): void {
    this.comments = this.comments.filter((comment) => !meant(comment));
  }
}

function keyOf({ host, service }: ObjectAt): string {
  return JSON.stringify([host, service]);
}
