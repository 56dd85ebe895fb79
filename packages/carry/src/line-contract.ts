// What a line can do to a transport, as tests: each one that goes over a line passes them. Test-only.

import { FerryError } from "@siteferry/model";
import { freePort, openBlackHole, type Relay } from "@siteferry/testkit";
import { describe, expect, test } from "vitest";
import { TakenByAnother, type ReceivingTransport, type SendingTransport } from "./transport.ts";
import { type Link, testReceipt } from "./transport-contract.ts";

/** A link whose line a test may harm. */
export interface LinkWithLine extends Link {
  readonly line: Relay;
  /**
   * Another one of the half that opens connections: to a port of loopback, such as the line's, and with
   * so much patience for each step.
   */
  dial(port: number, timeoutMs: number): Promise<Half>;
  /** Whether these bytes end a delivery that succeeded; by default whether it has arrived. */
  readonly isLastAnswer?: (answer: Buffer) => boolean | Promise<boolean>;
}

type Half =
  | { readonly kind: "sends"; readonly transport: SendingTransport }
  | { readonly kind: "fetches"; readonly transport: ReceivingTransport };

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const bundle = { name, content: Buffer.from("content") };
/** For what fails in any case. */
const littleMs = 300;
/** For what must get through, and is waited for to its end when the line is dead. */
const enoughMs = 4_000;
/** For what must get through, however busy the machine is. */
const patientMs = 30_000;

/** Closes what it dials; what is to be fetched is there by then. */
async function openGround(
  open: () => Promise<LinkWithLine>,
  content: Buffer = bundle.content,
): Promise<LinkWithLine> {
  const stack = new AsyncDisposableStack();
  const link = stack.use(await open());
  return {
    ...link,
    async dial(port, timeoutMs) {
      const half = await link.dial(port, timeoutMs);
      stack.defer(() => half.transport.close());
      if (half.kind === "fetches") await link.sender.send({ name, content });
      return half;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Carries the bundle: sends it, or looks for it and reads it. */
async function carry(half: Half, content: Buffer = bundle.content): Promise<void> {
  if (half.kind === "sends") {
    await half.transport.send({ name, content });
    return;
  }
  const [file] = await half.transport.incoming(10);
  expect(file?.name).toBe(name);
  expect(Buffer.compare(await file!.read(), content)).toBe(0);
}

async function failing(work: Promise<unknown>): Promise<FerryError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure, String(failure)).toBeInstanceOf(FerryError);
  expect(failure).toMatchObject({ kind: "transient" });
  return failure as FerryError;
}

export function describeFaults(transport: string, open: () => Promise<LinkWithLine>): void {
  describe(`faults of the line of ${transport}`, { timeout: 60_000 }, () => {
    test("a connection that is refused, and a port that never answers", async () => {
      await using at = await openGround(open);
      const refused = await at.dial(await freePort(), littleMs);
      expect(await failing(carry(refused))).toMatchObject({ code: "link-unreachable" });
      await using hole = await openBlackHole();
      const swallowed = await at.dial(hole.port, littleMs);
      expect(await failing(carry(swallowed))).toMatchObject({ code: "link-timeout" });
    });

    test("a server that takes the connection and says nothing, or a byte now and then", async () => {
      await using at = await openGround(open);
      const hasty = await at.dial(at.line.port, littleMs);
      at.line.stall();
      expect(await failing(carry(hasty))).toMatchObject({ code: "link-timeout" });
      at.line.mend();
      // A byte a second, at 50 times the speed.
      at.line.drip(20);
      expect(await failing(carry(hasty))).toMatchObject({ code: "link-timeout" });
      at.line.mend();
      const visible = hasty.kind === "sends" ? await at.receiver.incoming(10) : [];
      expect(visible).toEqual([]);
      await carry(await at.dial(at.line.port, patientMs));
    });

    test("a line that died without a word", async () => {
      await using at = await openGround(open);
      const half = await at.dial(at.line.port, enoughMs);
      await carry(half);
      at.line.forget();
      // It may be noticed only now, or in time for a second connection.
      const first = await carry(half).then(
        () => "well",
        (error: FerryError) => error.kind,
      );
      expect(["well", "transient"]).toContain(first);
      await carry(half);
    });

    test("a line that breaks while the other side speaks", async () => {
      const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
      await using at = await openGround(open, content);
      const half = await at.dial(at.line.port, patientMs);
      for (const bytes of half.kind === "sends" ? [0, 40] : [0, 40, 30_000]) {
        at.line.cutAfter(bytes, "toClient");
        expect(await failing(carry(half, content))).toMatchObject({ kind: "transient" });
        at.line.mend();
      }
      await carry(half, content);
    });

    test("a line that breaks while what was taken is removed: it comes again, or is gone", async ({
      skip,
    }) => {
      await using at = await openGround(open);
      const half = await at.dial(at.line.port, patientMs);
      if (half.kind === "sends") return skip(`${transport} removes nothing`);
      const { transport: receiver } = half;
      const [file] = await receiver.incoming(10);
      expect(Buffer.from(await file!.read())).toEqual(bundle.content);
      at.line.cutAfter(10, "toServer");
      // What lies on a web server is only remembered here.
      const outcome = await file!.remove().then(
        () => "removed",
        (error: unknown) => (error as FerryError).kind,
      );
      expect(["removed", "transient"]).toContain(outcome);
      at.line.mend();
      // Whose connection is gone may notice only now.
      const look = () => receiver.incoming(10);
      const again = await look().catch(look);
      expect(again.map((other) => other.name)).toEqual(outcome === "removed" ? [] : [name]);
      for (const other of again) {
        expect(Buffer.from(await other.read())).toEqual(bundle.content);
        await other.remove();
      }
      await receiver.close();
      expect(await receiver.incoming(10)).toEqual([]);
    });

    test("an answer that is lost after the store: it is sent again, and there once", async ({
      skip,
    }) => {
      await using at = await openGround(open);
      const half = await at.dial(at.line.port, patientMs);
      if (half.kind === "fetches") return skip(`${transport} gives no answer: it fetches`);
      const { receiver, isLastAnswer } = at;
      const hasArrived = async (): Promise<boolean> => (await receiver.incoming(10)).length > 0;
      at.line.loseAnswer(isLastAnswer ?? hasArrived);
      await failing(half.transport.send(bundle));
      expect((await receiver.incoming(10)).map((file) => file.name)).toEqual([name]);
      at.line.mend();
      const receipt = await half.transport.send(bundle);
      const { acknowledges } = half.transport.traits;
      const expected = acknowledges ? testReceipt(bundle.content) : null;
      expect(receipt && Buffer.from(receipt)).toEqual(expected);
      const waiting = await receiver.incoming(10);
      expect(new Set(waiting.map((file) => file.name))).toEqual(new Set([name]));
      for (const file of waiting) expect(Buffer.from(await file.read())).toEqual(bundle.content);
    });

    test("two receivers at one source: what one has taken is gone for the other, or its too", async ({
      skip,
    }) => {
      await using at = await openGround(open);
      const half = await at.dial(at.line.port, patientMs);
      if (half.kind === "sends") return skip(`${transport} has one receiver: it is spoken to`);
      const other = (await at.dial(at.line.port, patientMs)) as typeof half;
      const [mine] = await half.transport.incoming(10);
      const [same] = await other.transport.incoming(10);
      expect(Buffer.from(await mine!.read())).toEqual(bundle.content);
      await mine!.remove();
      await half.transport.close();
      const found = await same!.read().then(
        (content) => Buffer.from(content),
        (error: unknown) => (error instanceof TakenByAnother ? "gone" : error),
      );
      expect([bundle.content, "gone"]).toContainEqual(found);
    });
  });
}
