// Standard input into memory: bounded in size, in how long it may be silent, and in all.

import { Gathered } from "@siteferry/carry/contract";
import { FerryError, Refusal } from "@siteferry/model";

export interface InputBounds {
  readonly bytesMax: number;
  /** A link that says nothing for so long is dead; its process mustn't stay. */
  readonly silenceMs: number;
  /** For all of it. 64 MiB on a line of 256 kbit/s are 35 minutes. */
  readonly wholeMs: number;
}

export const inputPatience: Pick<InputBounds, "silenceMs" | "wholeMs"> = {
  silenceMs: 120_000,
  wholeMs: 3_600_000,
};

/**
 * @param beforeMore is waited for before more than `littleBytes` are kept.
 * @throws Refusal `bundle-too-large`, FerryError `link-timeout`
 */
export async function readInput(
  input: NodeJS.ReadableStream & { destroy(error: Error): unknown },
  { bytesMax, silenceMs, wholeMs }: InputBounds,
  { littleBytes, beforeMore }: { littleBytes: number; beforeMore: () => Promise<void> } = {
    littleBytes: bytesMax,
    beforeMore: async () => {},
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const read = new Gathered();
  const late = (reason: string, limitMs: number) => () => {
    input.destroy(new FerryError("link-timeout", `${reason} stdin in ${limitMs / 1000} s`));
  };
  const silence = setTimeout(late("Nothing came on", silenceMs), silenceMs);
  const whole = setTimeout(late("There was no end of", wholeMs), wholeMs);
  let asked = false;
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      read.add(chunk);
      if (read.length > bytesMax) {
        throw new Refusal("bundle-too-large", `More than ${bytesMax} bytes came on stdin`);
      }
      if (read.length > littleBytes && !asked) {
        asked = true;
        await beforeMore();
      }
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
    clearTimeout(whole);
  }
  return read.bytes();
}
