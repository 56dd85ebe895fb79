// A site of a few hosts whose checks run as time goes on, and which remembers everything that was
// ever true of it: the moments that were dumped, and every check that ran.

import type { SiteId } from "@siteferry/model";
import type { Dice } from "../fake-site/dice.ts";
import { objectKey, type ObjectKey } from "./object-key.ts";

export interface CheckedObject {
  readonly host: string;
  /** "" for the host itself. */
  readonly service: string;
  checked: boolean;
  state: number;
  lastCheck: number;
  lastChange: number;
  output: string;
  longOutput: string;
  perfData: string;
  latency: number;
  /** A comment and a downtime, alike but for their tables. */
  said: { id: number; readonly text: string } | null;
}

/** One after the other: the later it was dumped, the greater. */
export type Moment = number;

const logLinesMax = 20;

export class Site {
  readonly id: SiteId;
  readonly objects: Map<ObjectKey, CheckedObject> = new Map();
  programStart: number;
  /** An operator's change: shown as the alias of all hosts. */
  revision = 0;
  /** What was dumped, as {@link shapeOf} writes it. */
  readonly states: Map<string, Moment> = new Map();
  readonly configurations: Map<string, Moment> = new Map();
  /** What the core logged: a line a check, and of them the newest. */
  readonly log: { readonly time: number; readonly message: string }[] = [];
  #ids = 0;
  /** `object@time` → the states that checks found in that second. */
  readonly ran: Map<string, Set<number>> = new Map();
  readonly #dice: Dice;
  /** The greatest time of a check, which isn't the last one if the clock went back. */
  readonly latest: Map<ObjectKey, number> = new Map();
  #moments = 0;

  constructor(id: SiteId, startSeconds: number, dice: Dice) {
    this.id = id;
    this.#dice = dice;
    this.programStart = startSeconds;
    const hosts = 2 + Math.floor(dice.between(0, 4));
    for (let index = 0; index < hosts; index++) this.#addHost(index, startSeconds);
  }

  /** Lets some of the checks run at this time of the site's own clock. */
  check(nowSeconds: number, share: number): void {
    for (const [key, object] of this.objects) {
      if (this.#dice.falls(share)) this.#run(key, object, nowSeconds);
    }
  }

  /** The core starts anew, often because objects came or went. */
  restart(nowSeconds: number): void {
    this.programStart += 1 + Math.floor(this.#dice.between(0, 60));
    // As Icinga 2 does: the same ids stand for others.
    this.#ids = 0;
    for (const { said } of this.objects.values()) if (said !== null) said.id = ++this.#ids;
    const kind = this.#dice.fraction();
    const hosts = [...new Set([...this.objects.values()].map(({ host }) => host))];
    if (kind < 0.35) this.#addHost(Math.floor(this.#dice.between(0, 9)), nowSeconds);
    else if (kind < 0.6 && hosts.length > 1) this.#remove(this.#pick(hosts));
    else if (kind < 0.8) this.revision += 1;
  }

  /** What the site is now counts as dumped. */
  remember(): void {
    const moment = ++this.#moments;
    this.states.set(statesShape([...this.objects.values()].map(stateOf)), moment);
    this.configurations.set(configurationShape(this.configuration()), moment);
  }

  configuration(): { readonly object: ObjectKey; readonly alias: string }[] {
    return [...this.objects].map(([object, { service }]) => {
      return { object, alias: service === "" ? this.alias() : "" };
    });
  }

  alias(): string {
    return `${this.id} revision ${this.revision}`;
  }

  #run(key: ObjectKey, object: CheckedObject, nowSeconds: number): void {
    const worst = object.service === "" ? 1 : 3;
    const state = this.#dice.falls(0.6) ? 0 : Math.floor(this.#dice.between(0, worst + 1));
    if (!object.checked || object.state !== state) object.lastChange = nowSeconds;
    object.checked = true;
    object.state = state;
    object.lastCheck = nowSeconds;
    object.output = `${["OK", "WARNING", "CRITICAL", "UNKNOWN"][state]} at ${nowSeconds}`;
    object.perfData = this.#dice.falls(0.3) ? "" : `value=${nowSeconds % 1000};800;900`;
    object.longOutput = this.#dice.falls(0.2) ? `first\nC:\\new\\${nowSeconds}` : "";
    object.latency = Math.floor(this.#dice.between(0, 1000)) / 1000;
    if (state === 0) object.said = null;
    else if (nowSeconds % 2 === 0) object.said = { id: ++this.#ids, text: `since ${nowSeconds};` };
    this.log.push({ time: nowSeconds, message: alertOf(object) });
    if (this.log.length > logLinesMax) this.log.shift();
    const identity = `${key}@${nowSeconds}`;
    this.ran.set(identity, (this.ran.get(identity) ?? new Set()).add(state));
    this.latest.set(key, Math.max(nowSeconds, this.latest.get(key) ?? 0));
  }

  #addHost(index: number, nowSeconds: number): void {
    const host = `host-${index}`;
    const count = Math.floor(this.#dice.between(0, 5));
    const services = Array.from({ length: count }, (_, number) => `service ${number}`);
    for (const service of ["", ...services]) {
      const key = objectKey(host, service);
      // An object that comes again at a time of an earlier life can't be told from its old self.
      if (this.objects.has(key) || (this.latest.get(key) ?? 0) >= nowSeconds) {
        if (service === "") return;
        continue;
      }
      const never = {
        checked: false,
        state: 0,
        lastCheck: 0,
        lastChange: 0,
        latency: 0,
        said: null,
      };
      this.objects.set(key, { host, service, ...never, output: "", longOutput: "", perfData: "" });
    }
  }

  #remove(host: string): void {
    for (const [key, object] of this.objects) if (object.host === host) this.objects.delete(key);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#dice.fraction() * items.length)]!;
  }
}

function alertOf({ host, service, state, lastCheck, output }: CheckedObject): string {
  const whose = service === "" ? "HOST" : "SERVICE";
  const object = service === "" ? host : `${host};${service}`;
  const names = service === "" ? ["UP", "DOWN"] : ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
  return `[${lastCheck}] ${whose} ALERT: ${object};${names[state]};HARD;1;${output}`;
}

/** The part of a state that has to arrive as it was. */
type State = readonly [object: ObjectKey, ...(string | number)[]];

function stateOf(object: CheckedObject): State {
  const { host, service, checked, state, lastCheck, lastChange } = object;
  const { latency, output, longOutput, perfData, said } = object;
  const times = checked ? [1, state, lastCheck, lastChange, latency] : [0, 0, 0, 0, 0];
  const words = said === null ? "" : `${said.id} ${said.text}`;
  return [objectKey(host, service), ...times, output, longOutput, perfData, words, words];
}

export function statesShape(states: readonly State[]): string {
  return JSON.stringify(states.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
}

export function configurationShape(
  objects: readonly { readonly object: ObjectKey; readonly alias: string }[],
): string {
  return JSON.stringify(objects.toSorted((a, b) => (a.object < b.object ? -1 : 1)));
}
