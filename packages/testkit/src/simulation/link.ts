// A link that loses, doubles, delays, reorders, renames, damages and brings back old files; both
// halves of the transport contract. What arrives is whole, except for damaged copies.

import type { ReceivingTransport, SendingTransport, Traits } from "@siteferry/carry";
import { FerryError, type SiteId } from "@siteferry/model";
import type { Dice } from "../fake-site/dice.ts";
import type { Life } from "./life.ts";

export interface LinkTroubles {
  readonly down: boolean;
  /** Shares of what is sent. */
  readonly lost: number;
  readonly doubled: number;
  readonly damaged: number;
  readonly renamed: number;
  readonly delayMaxMs: number;
}

export const noLinkTroubles: LinkTroubles = {
  down: false,
  lost: 0,
  doubled: 0,
  damaged: 0,
  renamed: 0,
  delayMaxMs: 0,
};

const traits: Traits = {
  bundleBytesMax: 64 * 1024 * 1024,
  atomicPublish: true,
  acknowledges: false,
  oneWay: true,
  direction: "push",
};

interface Travelling {
  readonly name: string;
  readonly content: Uint8Array;
  readonly arrivesMs: number;
}

/** Who wants to know what the link is asked to do. */
export interface LinkWitness {
  sent(site: SiteId, name: string, content: Uint8Array): void;
  /** A copy that isn't what was sent. */
  damaged(content: Uint8Array): void;
  acknowledged(site: SiteId, name: string, content: Uint8Array): void;
}

export class Link {
  troubles: LinkTroubles = noLinkTroubles;
  readonly #site: SiteId;
  /** Whether the receiver knows that only this site writes here. */
  readonly #told: boolean;
  readonly #dice: Dice;
  readonly #trueMs: () => number;
  readonly #witness: LinkWitness;
  #travelling: Travelling[] = [];
  readonly #archive: Travelling[] = [];

  constructor(site: SiteId, told: boolean, dice: Dice, trueMs: () => number, witness: LinkWitness) {
    this.#site = site;
    this.#told = told;
    this.#dice = dice;
    this.#trueMs = trueMs;
    this.#witness = witness;
  }

  /** Brings files of old days again. */
  replay(): void {
    for (let count = 0; count < 3 && this.#archive.length > 0; count++) {
      const index = Math.floor(this.#dice.fraction() * this.#archive.length);
      this.put(this.#archive[index]!.name, this.#archive[index]!.content, 0);
    }
  }

  put(name: string, content: Uint8Array, delayMs: number): void {
    this.#travelling.push({ name, content, arrivesMs: this.#trueMs() + delayMs });
  }

  /** Nothing is on its way. */
  get idle(): boolean {
    return this.#travelling.length === 0;
  }

  sender(life: Life): SendingTransport {
    return {
      name: `link:${this.#site}`,
      traits,
      send: ({ name, content }) =>
        life.call(`send ${name}`, () => {
          if (this.troubles.down) throw new FerryError("system-error", "the link is down");
          this.#witness.sent(this.#site, name, content);
          this.#carry(name, content);
          return null;
        }),
      close: async () => {},
    };
  }

  receiver(life: Life): ReceivingTransport {
    return {
      name: `link:${this.#site}`,
      traits,
      incoming: (countPerSite) =>
        life.call(`incoming of ${this.#site}`, () => {
          const arrived = this.#travelling.filter(({ arrivesMs }) => arrivesMs <= this.#trueMs());
          const sorted = arrived.toSorted((a, b) => (a.name < b.name ? -1 : 1));
          return sorted.slice(0, countPerSite).map((file) => ({
            name: file.name,
            from: `link:${this.#site}/${file.name}`,
            site: this.#told ? this.#site : null,
            read: () => life.call(`take ${file.name}`, () => Buffer.copyBytesFrom(file.content)),
            remove: () =>
              life.call(`remove ${file.name}`, () => {
                this.#witness.acknowledged(this.#site, file.name, file.content);
                this.#travelling = this.#travelling.filter((other) => other !== file);
              }),
          }));
        }),
      watch: async () => {},
      close: async () => {},
    };
  }

  #carry(name: string, content: Uint8Array): void {
    const { lost, doubled, damaged, renamed, delayMaxMs } = this.troubles;
    const dice = this.#dice;
    const kept = { name, content: Uint8Array.from(content), arrivesMs: 0 };
    this.#archive.push(kept);
    if (this.#archive.length > 30) this.#archive.shift();
    const delay = (): number => (dice.falls(0.6) ? 0 : Math.floor(dice.between(0, delayMaxMs)));
    if (dice.falls(damaged)) {
      const copy = damage(content, dice);
      this.#witness.damaged(copy);
      this.put(name, copy, delay());
    }
    if (dice.falls(lost)) return;
    const arrivesAs = dice.falls(renamed) ? `${Math.floor(dice.between(0, 1e6))}.ferry` : name;
    this.put(arrivesAs, kept.content, delay());
    if (dice.falls(doubled)) this.put(name, kept.content, delay());
  }
}

function damage(content: Uint8Array, dice: Dice): Uint8Array {
  const at = Math.floor(dice.fraction() * content.length);
  if (dice.falls(0.5)) return content.slice(0, at);
  const copy = Uint8Array.from(content);
  copy[at]! ^= 1 << Math.floor(dice.between(0, 8));
  return copy;
}
