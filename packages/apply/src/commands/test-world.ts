// For tests: a site on which people do things, a core at the centre that loses commands and restarts,
// and an operator between them.

import type { SiteComment, SiteDowntime } from "@siteferry/model";
import type { CentreView, ObjectAt } from "./centre-view.ts";
import type { CommandDialect } from "./command.ts";
import { encodeCommand } from "./encode.ts";
import { defaultMark, siteMark } from "./mark.ts";
import { type CommandMemory, decodeMemory, emptyMemory, encodeMemory, noteSent } from "./memory.ts";
import { ModelCore } from "./model-core.ts";
import { type Annotation, planCommands } from "./plan.ts";
import {
  annotatedSite,
  hostAt,
  serviceAt,
  siteComment,
  siteDowntime,
  type Standing,
  testSite,
} from "./test-site.ts";
import { storedText } from "./texts.ts";

const start = 1_795_000_000;
const hour = 3600;
const carry: ReadonlySet<Annotation> = new Set(["acknowledgements", "downtimes", "comments"]);
const mark = siteMark(defaultMark, testSite);
const foreign = hostAt("xa");
const authors = ["joe", "kim;", "eve (siteferry other)", ""];
const texts = ["one", ";two;", "C:\\new\n|x", " ", "🚀"];

export const worldObjects: readonly ObjectAt[] = [
  hostAt("a"),
  hostAt("b"),
  serviceAt("a", "s"),
  serviceAt("b", "C:\\new"),
];

/** What happens; `n` chooses how. */
export interface Happening {
  readonly what:
    | "state"
    | "acknowledge"
    | "comment"
    | "downtime"
    | "uncomment"
    | "cancel"
    | "operator"
    | "restart";
  readonly at: ObjectAt;
  readonly n: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class World {
  readonly core: ModelCore;
  readonly #dialect: CommandDialect;
  readonly #standings: Mutable<Standing>[] = worldObjects.map((at) => ({
    at,
    state: 0,
    acknowledgement: 0,
  }));
  #comments: SiteComment[] = [siteComment(foreign)];
  #downtimes: SiteDowntime[] = [];
  /** Who put something there at the centre that no restart took away. */
  #operators: string[] = [];
  #memory: CommandMemory = emptyMemory;
  /** What was seen in the cycle before; null after a restart, as then ids mean other things. */
  #seen: CentreView | null = null;
  #ids = 0;

  constructor(dialect: CommandDialect) {
    this.#dialect = dialect;
    this.core = new ModelCore(dialect, start);
    for (const at of [...worldObjects, foreign]) this.core.know(at);
  }

  happen({ what, at, n }: Happening): void {
    const id = ++this.#ids;
    const author = authors[n % authors.length]!;
    const comment = texts[n % texts.length]!;
    const said = { id, author, comment, entry_time: this.core.now - (n % 3) };
    switch (what) {
      case "state":
        return this.#change(at, n % 3);
      case "acknowledge": {
        const standing = this.#standing(at);
        standing.acknowledgement = standing.state === 0 ? 0 : n % 3;
        // Few texts, so that another kind comes with the same one.
        const few = { author: authors[n % 2]!, comment: texts[n % 2]!, entry_type: 4 };
        this.#comments.push(siteComment(at, { ...said, ...few }));
        return;
      }
      case "comment":
        this.#comments.push(siteComment(at, said));
        return;
      case "downtime":
        this.#downtimes.push(siteDowntime(at, { ...said, ...this.#times(n) }));
        return;
      case "uncomment":
        this.#comments = this.#comments.filter((_, index) => index !== n + 1);
        return;
      case "cancel":
        this.#downtimes = this.#downtimes.filter((_, index) => index !== n);
        return;
      case "operator":
        return this.#operate(at, n % 3);
      case "restart":
        this.core.restart(n % 2 === 1);
        this.#seen = null;
        if (n % 2 === 0) this.#operators = [];
    }
  }

  #standing(at: ObjectAt): Mutable<Standing> {
    return this.#standings.find((one) => one.at === at)!;
  }

  #change(at: ObjectAt, state: number): void {
    const standing = this.#standing(at);
    const isOver = state === 0 || (state !== standing.state && standing.acknowledgement === 1);
    if (isOver) standing.acknowledgement = 0;
    standing.state = state;
    this.core.result(at, state);
  }

  #times(n: number): Partial<SiteDowntime> {
    const { now } = this.core;
    return {
      start_time: now - 50 + (n % 2) * 200,
      end_time: now + (n % 5 === 0 ? 300 : 100 * hour),
      fixed: n % 3 === 0 ? 0 : 1,
      duration: 60 + (n % 4),
      triggered_by: n % 7 === 0 ? (this.#downtimes.at(-1)?.id ?? 0) : 0,
    };
  }

  #operate(at: ObjectAt, n: number): void {
    const { core } = this;
    const author = `anne${this.#ids}`;
    const object = core.at(at);
    if (n === 2) {
      if (object.state === 0 || object.acknowledgement !== 0) return;
      object.acknowledgement = 2;
      // The core takes it away when the problem is over, so it doesn't count as one that stays.
      core.addComment(at, author, "mine", 4);
      return;
    }
    this.#operators.push(author);
    if (n === 0) return core.addComment(at, author, "one", 1);
    const until = { startTime: core.now, endTime: core.now + 200 * hour, duration: 0 };
    const said = { author, text: "one", entryTime: core.now };
    core.addDowntime({ ...at, ...said, ...until, fixed: 1, triggeredBy: 0 });
  }

  /**
   * Plans, by what was there in the cycle before if `isLate`, sends what isn't lost, and goes on; how many
   * commands it were.
   */
  cycle(lost: readonly boolean[], seconds: number, isLate = false): number {
    const { core } = this;
    const now = core.view();
    const view = isLate ? (this.#seen ?? now) : now;
    this.#seen = now;
    const nowMs = core.now * 1000;
    this.#downtimes = this.#downtimes.filter(({ end_time }) => end_time > core.now);
    const site = annotatedSite({
      standings: this.#standings,
      comments: this.#comments,
      downtimes: this.#downtimes,
    });
    const dialect = this.#dialect;
    const memory = this.#memory;
    const options = { dialect, carry, mark: defaultMark, memory, nowMs };
    const plan = planCommands(site, view, options);
    const noted = noteSent(plan.memory, plan.commands, nowMs);
    this.#memory = decodeMemory(encodeMemory(noted))!;
    for (const [index, { command }] of plan.commands.entries()) {
      const line = encodeCommand(command, dialect, nowMs);
      if (lost[index % lost.length] !== true) core.execute(line);
    }
    core.pass(seconds);
    return plan.commands.length;
  }

  /** What the site says, a line a thing, but what an operator acknowledged. */
  wanted(): string[] {
    const said = (item: SiteComment | SiteDowntime, of: "comment" | "downtime") => {
      const { host_name: host, description: service, author, comment } = item;
      return [of, host, service, mark.author(author), storedText(comment, this.#dialect, of)];
    };
    const comments = this.#comments.filter(
      ({ entry_type, host_name }) => entry_type === 1 && host_name !== foreign.host,
    );
    return sortedLines([
      ...comments.map((comment) => said(comment, "comment")),
      ...this.#downtimes.map((downtime) => [
        ...said(downtime, "downtime"),
        downtime.start_time,
        downtime.end_time,
        downtime.fixed,
      ]),
      ...this.#standings
        .filter(({ at, acknowledgement }) => acknowledgement !== 0 && !this.#isOperators(at))
        .map(({ at, acknowledgement }) => [
          "acknowledged",
          at.host,
          at.service,
          acknowledgement,
          1,
        ]),
    ]);
  }

  /** The same of what the site has at the centre. */
  there(): string[] {
    const own = [...this.core.comments].filter(({ author }) => mark.isOwn(author));
    const downtimes = this.core.downtimes.filter(({ author }) => mark.isOwn(author));
    const acknowledged = worldObjects.map((at) => {
      const count = own.filter((one) => one.entryType === 4 && isAt(one, at)).length;
      const isOperators = this.#isOperators(at);
      const kind = isOperators ? 0 : this.core.at(at).acknowledgement;
      // Both may have acknowledged it in the same moment.
      const comments = isOperators && this.#standing(at).acknowledgement !== 0 ? 0 : count;
      return ["acknowledged", at.host, at.service, kind, comments] as const;
    });
    return sortedLines([
      ...own
        .filter(({ entryType }) => entryType === 1)
        .map(({ host, service, author, text }) => ["comment", host, service, author, text]),
      ...downtimes.map(({ host, service, author, text, startTime, endTime, fixed }) => [
        "downtime",
        host,
        service,
        author,
        text,
        startTime,
        endTime,
        fixed,
      ]),
      ...acknowledged.filter(([, , , kind, comments]) => kind !== 0 || comments !== 0),
    ]);
  }

  #isOperators(at: ObjectAt): boolean {
    return this.core.comments.some(
      (one) => one.entryType === 4 && isAt(one, at) && !mark.isOwn(one.author),
    );
  }

  /** Operators whose things aren't there any more. */
  harmed(): string[] {
    const there = [...this.core.comments, ...this.core.downtimes].map(({ author }) => author);
    return this.#operators.filter((author) => !there.includes(author));
  }
}

function isAt(one: ObjectAt, other: ObjectAt): boolean {
  return one.host === other.host && one.service === other.service;
}

function sortedLines(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted((a, b) => (a < b ? -1 : 1));
}
