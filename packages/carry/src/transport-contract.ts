// The contract of transport.ts as tests: every transport passes it. Test-only.

import { createHash } from "node:crypto";
import { FerryError, type SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import type { Relay } from "@siteferry/testkit";
import { describe, expect, test } from "vitest";
import { dropReceiver } from "./transports/drop/receive.ts";
import { dropSender } from "./transports/drop/send.ts";
import type { Door, ReceivingTransport, SendingTransport } from "./transport.ts";

/** A link between two ends, made anew for each test. */
export interface Link extends AsyncDisposable {
  readonly sender: SendingTransport;
  /** Of a link whose far end is spoken to: what lies behind its door. */
  readonly receiver: Pick<ReceivingTransport, "incoming">;
  /** The line between them, if it is one that can break. */
  readonly relay?: Relay;
}

/** A door for links whose far end is spoken to: what passes lies in `dir`, named by the caller. */
export function testDoor(
  dir: string,
  nameOf: (content: Uint8Array) => string,
): { door: Door; receiver: ReceivingTransport } {
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const inside = dropSender({ files: nodeFiles, random }, { dir, site: "remote1" as SiteId });
  return {
    async door({ content }) {
      await inside.send({ name: nameOf(content), content });
      return testReceipt(content);
    },
    receiver: dropReceiver(nodeFiles, { dir, site: null }),
  };
}

export function testReceipt(content: Uint8Array): Uint8Array {
  return Buffer.from(`receipt ${createHash("sha256").update(content).digest("hex")}\n`);
}

const name = (sequence: number): string =>
  `remote1-000000000001-${String(sequence).padStart(12, "0")}.keyframe.ferry`;

export function describeTransport(transport: string, open: () => Promise<Link>): void {
  describe(`the contract, kept by ${transport}`, () => {
    test("what is sent arrives as it is, and stays until it is removed", async () => {
      await using link = await open();
      const content = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
      let sent = 0;
      const onSent = (bytes: number): void => {
        sent += bytes;
      };
      const receipt = await link.sender.send({ name: name(1), content, onSent });
      expect(sent).toBe(content.length);
      const { acknowledges } = link.sender.traits;
      expect(receipt && Buffer.from(receipt)).toEqual(acknowledges ? testReceipt(content) : null);
      for (let look = 0; look < 2; look++) {
        const [file] = await link.receiver.incoming(10);
        expect(file?.name).toBe(name(1));
        expect(Buffer.from(await file!.read())).toEqual(content);
        if (look === 1) await file!.remove();
      }
      expect(await link.receiver.incoming(10)).toEqual([]);
    });

    test("sending twice is harmless", async () => {
      await using link = await open();
      const bundle = { name: name(1), content: Buffer.from("content") };
      await link.sender.send(bundle);
      await link.sender.send(bundle);
      const waiting = await link.receiver.incoming(10);
      expect(new Set(waiting.map((file) => file.name)).size).toBe(1);
      expect(Buffer.from(await waiting[0]!.read())).toEqual(bundle.content);
    });

    test("a site's bundles come in the order of their numbers, across 9 → 10 and 99 → 100", async () => {
      await using link = await open();
      const numbers = [100, 10, 9, 99, 2];
      for (const number of numbers) {
        await link.sender.send({ name: name(number), content: Buffer.from(String(number)) });
      }
      const waiting = await link.receiver.incoming(10);
      expect(waiting.map((file) => file.name)).toEqual(numbers.toSorted((a, b) => a - b).map(name));
    });

    test("one site's flood leaves room for the others", async () => {
      await using link = await open();
      for (let number = 1; number <= 5; number++) {
        await link.sender.send({ name: name(number), content: Buffer.from("x") });
      }
      const other = name(1).replace("remote1", "remote2");
      await link.sender.send({ name: other, content: Buffer.from("y") });
      const waiting = await link.receiver.incoming(2);
      expect(waiting.map((file) => file.name)).toEqual([name(1), name(2), other]);
    });

    test("a line that breaks in the middle leaves nothing visible, and says that later it may work", async ({
      skip,
    }) => {
      await using link = await open();
      const { sender, receiver, relay } = link;
      if (relay === undefined) return skip(`${transport} has no line that could break`);
      const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
      // At its start, within, and before its last bytes.
      for (const bytes of [0, 3000, 30_000]) {
        relay.cutAfter(bytes);
        const failure = await sender.send({ name: name(1), content }).then(
          () => null,
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(FerryError);
        expect((failure as FerryError).kind).toBe("transient");
        relay.mend();
        expect(await receiver.incoming(10)).toEqual([]);
      }
      await sender.send({ name: name(1), content });
      const [file] = await receiver.incoming(10);
      expect(Buffer.from(await file!.read())).toEqual(content);
    });
  });
}
