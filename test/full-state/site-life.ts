// What happens at a site: checks end, people acknowledge, plan and comment, and take it back. All of it
// through the Livestatus of its Icinga 2; one seed, one life.

import type { Icinga2 } from "@siteferry/testkit/cores";

interface Place {
  readonly hosts: readonly string[];
  readonly services: readonly string[];
  readonly seed: number;
}

interface Thing {
  readonly host: string;
  readonly service: string | null;
}

const day = 86_400;

export class SiteLife {
  readonly #core: Icinga2;
  readonly #all: readonly Thing[];
  readonly #states = new Map<Thing, number>();
  #seed: number;

  constructor(core: Icinga2, { hosts, services, seed }: Place) {
    this.#core = core;
    this.#seed = seed;
    this.#all = hosts.flatMap((host) => [
      { host, service: null },
      ...services.map((service) => ({ host, service })),
    ]);
  }

  isLikely(chance: number): boolean {
    return this.#dice() < chance;
  }

  /** A result for each object, the same as before for most. */
  async checkAll(): Promise<void> {
    for (const thing of this.#all) await this.#check(thing, this.isLikely(0.9));
  }

  async goOn(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await this.#check(this.#any(), this.isLikely(0.3));
    for (let turn = 0; turn < 5; turn++) await this.#acknowledge(this.#any());
    for (let turn = 0; turn < 3; turn++) await this.#comment(this.#any());
    for (let turn = 0; turn < 3; turn++) await this.#plan(this.#any());
    for (let turn = 0; turn < 2; turn++) {
      await this.#takeBack("comments", "COMMENT");
      await this.#takeBack("downtimes", "DOWNTIME");
      await this.#say(this.#any(), "REMOVE_{}_ACKNOWLEDGEMENT", []);
    }
  }

  async #check(thing: Thing, isSame: boolean): Promise<void> {
    const { host, service } = thing;
    const worst = service === null ? 1 : 3;
    const before = this.#states.get(thing) ?? 0;
    const state = isSame ? before : Math.floor(this.#dice() * (worst + 1));
    this.#states.set(thing, state);
    const name = service === null ? "PROCESS_HOST_CHECK_RESULT" : "PROCESS_SERVICE_CHECK_RESULT";
    const where = service === null ? host : `${host};${service}`;
    await this.#core.command(`${name};${where};${state};is ${state} by ${this.#number()}`);
  }

  async #acknowledge(thing: Thing): Promise<void> {
    if ((this.#states.get(thing) ?? 0) === 0) return;
    const sticky = this.isLikely(0.5) ? 2 : 1;
    // The core takes no second one.
    await this.#say(thing, "REMOVE_{}_ACKNOWLEDGEMENT", []);
    await this.#say(thing, "ACKNOWLEDGE_{}_PROBLEM", [
      sticky,
      0,
      0,
      "anna",
      `ack ${this.#number()}`,
    ]);
  }

  async #comment(thing: Thing): Promise<void> {
    // Few enough that equal ones come, also twice on one object.
    const text = this.isLikely(0.5) ? "seen" : `note ${this.#number()}; see \\n wiki ü 📦`;
    await this.#say(thing, "ADD_{}_COMMENT", [1, "bert", text]);
    if (text === "seen" && this.isLikely(0.3)) {
      await this.#say(thing, "ADD_{}_COMMENT", [1, "bert", text]);
    }
  }

  async #plan(thing: Thing): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    // Some end while the test runs, some haven't begun when it ends.
    const [start, end] = this.isLikely(0.3)
      ? [now, now + 5]
      : this.isLikely(0.5)
        ? [now - 60, now + day]
        : [now + day, now + 2 * day];
    const fixed = this.isLikely(0.6) ? 1 : 0;
    const text = `work ${this.#number()}`;
    const more = [start, end, fixed, 0, fixed === 1 ? end - start : 600, "carl", text];
    await this.#say(thing, "SCHEDULE_{}_DOWNTIME", more);
  }

  /** Any of them, of a host or a service. */
  async #takeBack(table: "comments" | "downtimes", word: string): Promise<void> {
    const kind = table === "comments" ? "\nFilter: entry_type = 1" : "";
    const query = `GET ${table}\nColumns: id service_description${kind}\nSeparators: 10 124 44 44`;
    const rows = (await this.#core.query(query)).toString().trim().split("\n");
    const [id = "", service = ""] = rows[Math.floor(this.#dice() * rows.length)]!.split("|");
    if (id === "") return;
    await this.#core.command(`DEL_${service === "" ? "HOST" : "SVC"}_${word};${id}`);
  }

  async #say(
    { host, service }: Thing,
    name: string,
    more: readonly (string | number)[],
  ): Promise<void> {
    const where = service === null ? [host] : [host, service];
    const command = name.replace("{}", service === null ? "HOST" : "SVC");
    await this.#core.command([command, ...where, ...more].join(";"));
  }

  #any(): Thing {
    return this.#all[Math.floor(this.#dice() * this.#all.length)]!;
  }

  #number(): number {
    return Math.floor(this.#dice() * 1000);
  }

  /** Mulberry32. */
  #dice(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
