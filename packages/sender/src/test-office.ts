// For tests of the way out of the outbox: a spool, and links that do as a test says.

import { parseAllowedSigners } from "@siteferry/bundle";
import { centre, forge, publicLine } from "@siteferry/bundle/forge";
import type { SendingTransport } from "@siteferry/carry";
import {
  type BundleKind,
  FerryError,
  type FileSystem,
  formatBundleName,
  parseSiteId,
} from "@siteferry/model";
import { nodeFiles, openDirectories } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { readdir } from "node:fs/promises";
import type { SenderMemory } from "./numbering.ts";
import { publishToOutbox } from "./outbox.ts";
import { publishSealed, repeatKeyframe } from "./repeat.ts";
import type { Sender } from "./send.ts";
import { senderSchema } from "./settings.ts";
import { Lanes, ship, type Shipment, type Shipping } from "./ship.ts";

const site = parseSiteId("remote1")!;
const centreKeys = parseAllowedSigners(`${centre} ${publicLine}`, "centre_keys");

const unique = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

type More = Partial<Shipping> & { deliver?: "first" };

export interface Office extends AsyncDisposable {
  readonly spool: string;
  nowMs: number;
  /** Puts a bundle into the outbox. */
  put(kind: "config" | "keyframe" | "delta", sequence: number): Promise<void>;
  /** As a run that seals does. */
  seal(
    kind: "config" | "keyframe",
    sequence: number,
    transports: readonly FakeLink[],
    files: FileSystem,
  ): Promise<void>;
  /** One run; with the same `lanes` as before it is the same process. */
  ship(transports: readonly FakeLink[], more?: More, files?: FileSystem): Promise<Shipment>;
  /** Before a run ships: what is to be repeated is kept, and goes into the outbox again if that is due. */
  repeat(isDue: boolean, transports: readonly FakeLink[], more?: More): Promise<void>;
  outbox(): Promise<readonly number[]>;
}

export async function makeOffice(): Promise<Office> {
  const { path: spool, remove } = await makeTemporaryDirectory("ship");
  await openDirectories(nodeFiles, spool, ["tmp", "outbox", "state"]);
  const quiet = (): void => {};
  const random = { bytes: (count: number) => new Uint8Array(count).fill(255) };
  const senderOf = (
    links: readonly FakeLink[],
    { deliver, ...more }: More,
    files: FileSystem,
  ): Sender => {
    const world = {
      files,
      random,
      clock: { now: () => office.nowMs },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    };
    const settings = senderSchema.parse({
      site,
      centre,
      livestatus: "unix:/unused",
      key: "/unused",
      transports: [{ drop: { dir: "/unused" } }],
      ...(deliver && { deliver }),
    });
    const shipping: Shipping = {
      transports: links.map((link) => ({ bulk: link.open(), express: link.open() })),
      centreKeys,
      keepsPauses: true,
      patience: (lanes) => lanes,
      lanes: new Lanes(),
      ...more,
    };
    return { world, settings, spool, shipping } as unknown as Sender;
  };
  const office: Office = {
    spool,
    nowMs: Date.UTC(2026, 10, 1),
    async put(kind, sequence) {
      const name = formatBundleName({ site, epoch: 1, sequence, kind });
      await publishToOutbox(nodeFiles, unique, spool, name, forge());
    },
    seal: async (kind, sequence, links, files) =>
      await sealOne(senderOf(links, {}, files), kind, sequence),
    ship: async (links, more = {}, files = nodeFiles) => await ship(senderOf(links, more, files)),
    async repeat(isDue, links, more = {}) {
      const sender = senderOf(links, more, nodeFiles);
      const keyframe = isDue ? { createdMs: 0, repeats: 0 } : null;
      await repeatKeyframe(sender, { keyframe } as SenderMemory, office.nowMs);
    },
    outbox: async () => numbersOf(await readdir(`${spool}/outbox`)),
    [Symbol.asyncDispose]: remove,
  };
  return office;
}

async function sealOne(sender: Sender, kind: BundleKind, sequence: number): Promise<void> {
  const name = formatBundleName({ site, epoch: 1, sequence, kind });
  await publishSealed(
    { ...sender, world: { ...sender.world, random: unique } },
    name,
    kind,
    forge(),
  );
}

function numbersOf(names: readonly string[]): readonly number[] {
  return names
    .map((name) => Number(/-0*(\d+)\.[a-z]+\.ferry$/.exec(name)?.[1]))
    .sort((a, b) => a - b);
}

export interface FakeLink {
  /** What `send` does before it takes a bundle. */
  before: (sequence: number) => void | Promise<void>;
  receipt: (content: Uint8Array) => Uint8Array | null;
  readonly sent: number[];
  open(): SendingTransport;
}

export function fakeLink(name: string, acknowledges = false): FakeLink {
  const link: FakeLink = {
    before: () => {},
    receipt: () => null,
    sent: [],
    open: () => ({
      name,
      traits: {
        bundleBytesMax: 1e6,
        atomicPublish: true,
        acknowledges,
        oneWay: !acknowledges,
        direction: "push",
      },
      async send(bundle) {
        const [sequence = 0] = numbersOf([bundle.name]);
        await link.before(sequence);
        link.sent.push(sequence);
        return link.receipt(bundle.content);
      },
      close: async () => {},
    }),
  };
  return link;
}

export function fails(code: "link-timeout" | "centre-refused"): () => never {
  return () => {
    throw new FerryError(code, "as the test wishes");
  };
}
