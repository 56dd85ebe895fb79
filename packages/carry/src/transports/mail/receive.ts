// mail, the receiving half: bundles out of the letters of a mailbox. Letters go when the bundle is
// durable; those with our marks that can't be used go to the refused ones, with the reason in the log.

import { type Clock, FerryError, limits, printable } from "@siteferry/model";
import { TakenByAnother, type IncomingFile, type ReceivingTransport } from "../../transport.ts";
import { firstOfEachSite } from "../first-of-each-site.ts";
import { type RefusedSet, sortLetters, type WholeSet } from "./letter-sets.ts";
import { candidatesMax } from "./mail-limits.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import { readAttachment } from "./parse.ts";
import { hashOf } from "./part.ts";
import { mailTraits } from "./traits.ts";

export function mailReceiver(mailbox: Mailbox, clock: Clock): ReceivingTransport {
  return {
    name: `mail:${mailbox.name}`,
    traits: mailTraits(limits.bundleBytesMax),
    async incoming(countPerSite, isKnown) {
      const { whole, refused } = sortLetters(await mailbox.list(), clock.now());
      const files = [
        ...whole.map((set) => wholeFile(mailbox, set)),
        ...refused.map((set) => refusedFile(mailbox, set)),
      ];
      // Zero-padded numbers: sorted by name, a site's bundles come in their order.
      files.sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
      return firstOfEachSite(files, countPerSite, isKnown);
    },
    watch: (wake) => mailbox.watch(wake),
    close: () => mailbox.close(),
  };
}

function wholeFile(mailbox: Mailbox, { part, candidates, letters }: WholeSet): IncomingFile {
  const from = `mail:${mailbox.name}: ${part.name}`;
  const rejected = new Set<Letter>();
  let isUsable = true;
  /** Only what was looked at: others may have come from elsewhere. */
  const refuse = (problem: string): FerryError => {
    for (const letter of candidates.flat()) rejected.add(letter);
    return new FerryError("file-unsuitable", `${from}: ${problem}`);
  };
  return {
    name: part.name,
    from,
    site: null,
    async read() {
      isUsable = false;
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for (const [index, sha256] of part.partsSha256.entries()) {
        const piece = await truePiece(mailbox, candidates[index]!, sha256, rejected);
        bytes += piece.length;
        if (bytes > limits.bundleBytesMax) throw refuse("its parts are too large for a bundle");
        pieces.push(piece);
      }
      const content = Buffer.concat(pieces);
      if (hashOf(content) !== part.sha256) throw refuse("its parts don't make what they claim");
      isUsable = true;
      return content;
    },
    async remove() {
      if (rejected.size > 0) await mailbox.settle([...rejected], "refused");
      if (!isUsable) return;
      await mailbox.settle(
        letters.filter((letter) => !rejected.has(letter)),
        "done",
      );
    },
  };
}

/** The content of the first candidate that is what its set says; the others it tried get into `rejected`. */
async function truePiece(
  mailbox: Mailbox,
  candidates: readonly Letter[],
  sha256: string,
  rejected: Set<Letter>,
): Promise<Uint8Array> {
  const problems: string[] = [];
  for (const letter of candidates.slice(0, candidatesMax)) {
    const message = await mailbox.read(letter);
    if (message === null) continue;
    const attachment = await readAttachment(message);
    if (attachment instanceof Uint8Array && hashOf(attachment) === sha256) return attachment;
    rejected.add(letter);
    problems.push(
      attachment instanceof Uint8Array
        ? "its attachment isn't what its headers claim"
        : attachment.problem,
    );
  }
  if (problems.length > 0) {
    throw new FerryError("file-unsuitable", `mail:${mailbox.name}: ${problems.join("; ")}`);
  }
  throw new TakenByAnother(`mail:${mailbox.name}: a message went before it was read`);
}

/** Its bytes are of no interest: who removes it puts it to the refused ones. */
function refusedFile(mailbox: Mailbox, { name, letters, problem }: RefusedSet): IncomingFile {
  const from = `mail:${mailbox.name}: ${name === "" ? printable(letters[0]!.id) : name}`;
  return {
    name,
    from,
    site: null,
    async read() {
      throw new FerryError("file-unsuitable", `${from}: ${problem}`);
    },
    remove: () => mailbox.settle(letters, "refused"),
  };
}
