// Bytes to one zstd frame and back, in the thread pool, with bounds that don't depend on what the
// frame says about itself.

import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { type BundleKind, limits, Refusal } from "@siteferry/model";
import { checkFrame, storedFrame } from "./zstd-frame.ts";

/**
 * On the 100,000 services of a keyframe level 1 gives smaller frames than level 3, in half the time.
 * A delta is small and travels often: there level 9 saves a fifth. See docs/decisions/.
 */
export const levels: Readonly<Record<BundleKind, number>> = {
  config: 1,
  keyframe: 1,
  delta: 9,
  verbatim: 1,
};
/** 2^23, 8 MiB: what RFC 8878 asks every decoder to support. It bounds the decoder's memory. */
const windowLogMax = 23;
const chunkBytes = 256 * 1024;
const ratioFreeBytes = 1024 * 1024;

/**
 * One frame over all `parts`, which have `sizeBytes` together, that {@link inflate} takes: rows that
 * shrink beyond the ratio limit (thousands of equal stack traces) are stored as they are.
 */
export async function compress(
  parts: readonly Uint8Array[],
  sizeBytes: number,
  level: number,
): Promise<Buffer> {
  const frame = await compressFrame(parts, sizeBytes, level);
  return sizeBytes <= inflatedBytesMaxOf(frame.length) ? frame : storedFrame(Buffer.concat(parts));
}

async function compressFrame(
  parts: readonly Uint8Array[],
  sizeBytes: number,
  level: number,
): Promise<Buffer> {
  const stream = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: sizeBytes,
    chunkSize: Math.min(chunkBytes, sizeBytes + 4096),
  });
  // Each write is a round trip through the thread pool: small parts travel together.
  const pieces = sizeBytes <= chunkBytes ? [Buffer.concat(parts)] : parts;
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await Promise.all([finished(stream), writeAll(stream, pieces)]);
  const frame = Buffer.concat(chunks);
  checkFrame(frame);
  return frame;
}

/**
 * Each write is waited for: if the last one is still under way when the stream is ended, Node 26
 * appends a second, empty frame.
 */
async function writeAll(stream: Writable, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    await new Promise<void>((resolve, reject) => {
      stream.write(part, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
  stream.end();
}

/** What a payload of `payloadBytes` may inflate to. */
function inflatedBytesMaxOf(payloadBytes: number): number {
  return Math.min(
    limits.inflatedBytesMax,
    ratioFreeBytes + limits.inflationRatioMax * payloadBytes,
  );
}

/**
 * Step 10: the content of `frame`, which must have exactly `sizeBytes`. Refuses with
 * `inflation-ratio`, `inflation-bad`, `frame-second`, `inflation-length`.
 */
export async function inflate(frame: Buffer, sizeBytes: number): Promise<Buffer> {
  if (sizeBytes > inflatedBytesMaxOf(frame.length)) {
    throw new Refusal("inflation-ratio", `${frame.length} bytes are to inflate to ${sizeBytes}`);
  }
  checkFrame(frame);
  const stream = createZstdDecompress({
    params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
    // All of it goes straight into one buffer; the byte too many shows an overflow.
    chunkSize: Math.max(sizeBytes + 1, constants.Z_MIN_CHUNK),
  });
  stream.end(frame);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > sizeBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new Refusal("inflation-bad", "the payload is a damaged zstd frame", { cause });
  }
  if (length !== sizeBytes) {
    const more = length > sizeBytes ? "more" : "less";
    throw new Refusal(
      "inflation-length",
      `the payload inflates to ${more} than ${sizeBytes} bytes`,
    );
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
