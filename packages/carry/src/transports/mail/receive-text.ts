// A mailbox that is one site's alone, of whose messages each is a text that becomes a bundle here: what
// came before siteferry and has none of its marks.

import { FerryError, printable, type SiteId } from "@siteferry/model";
import { type IncomingFile, type ReceivingTransport, TakenByAnother } from "../../transport.ts";
import { messageBytesMax } from "./mail-limits.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import type { Part } from "./part.ts";
import { readBody } from "./read-body.ts";
import { mailTraits } from "./traits.ts";

/** For a mailbox's `readHead`: every message counts, whatever stands in its head. */
export async function anyHead(): Promise<Part> {
  return { name: "", sha256: "", index: 0, partsSha256: [] };
}

export interface TextReceiveOptions {
  readonly site: SiteId;
  /** The bundle of a text. A refusal puts the message to the refused ones; after any other failure it stays. */
  readonly seal: (text: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>;
}

/** @param mailbox lists all messages: it was opened with {@link anyHead}. */
export function mailTextReceiver(
  mailbox: Mailbox,
  { site, seal }: TextReceiveOptions,
): ReceivingTransport {
  return {
    name: `mail:${mailbox.name}`,
    traits: mailTraits(messageBytesMax),
    async incoming(countPerSite) {
      const oldestFirst = (await mailbox.list()).toReversed();
      return oldestFirst
        .slice(0, countPerSite)
        .map((letter) => textFile(mailbox, letter, site, seal));
    },
    watch: (wake) => mailbox.watch(wake),
    close: () => mailbox.close(),
  };
}

function textFile(
  mailbox: Mailbox,
  letter: Letter,
  site: SiteId,
  seal: TextReceiveOptions["seal"],
): IncomingFile {
  const from = `mail:${mailbox.name}: ${printable(letter.id)}`;
  let outcome: "done" | "refused" = "refused";
  return {
    name: "",
    from,
    site,
    async read() {
      if (letter.sizeBytes > messageBytesMax) throw unsuitable(from, "it is too large");
      const message = await mailbox.read(letter);
      if (message === null) throw new TakenByAnother(`${from} went before it was read`);
      const text = await readBody(message);
      if (!(text instanceof Uint8Array)) throw unsuitable(from, text.problem);
      const bundle = await seal(text).catch((error: unknown) => {
        const isRefused = error instanceof FerryError && error.kind === "refused";
        throw isRefused ? unsuitable(from, error.message) : error;
      });
      outcome = "done";
      return bundle;
    },
    remove: () => mailbox.settle([letter], outcome),
  };
}

function unsuitable(from: string, problem: string): FerryError {
  return new FerryError("file-unsuitable", `${from}: ${problem}`);
}
