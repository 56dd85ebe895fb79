// The contract of transport.ts as tests: every transport passes it. Test-only.

import { describe, expect, test } from "vitest";
import type { ReceivingTransport, SendingTransport } from "./transport.ts";

/** A link between two ends, made anew for each test. */
export interface Link extends AsyncDisposable {
  readonly sender: SendingTransport;
  readonly receiver: ReceivingTransport;
}

const name = (sequence: number): string =>
  `remote1-000000000001-${String(sequence).padStart(12, "0")}.keyframe.ferry`;

export function describeTransport(transport: string, open: () => Promise<Link>): void {
  describe(`the contract, kept by ${transport}`, () => {
    test("what is sent arrives as it is, and stays until it is removed", async () => {
      await using link = await open();
      const content = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
      await link.sender.send({ name: name(1), content });
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
  });
}
