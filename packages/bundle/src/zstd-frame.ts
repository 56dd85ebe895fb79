// The shape of a zstd frame (RFC 8878, 3.1.1), walked without decompressing: zlib itself would go on
// to a second frame or leave trailing bytes unseen.

import { Refusal } from "@siteferry/model";

const magic = 0xfd2fb528;
const checksumBytes = 4;
const rleBlock = 1;
const reservedBlock = 3;
const rawBlockBytesMax = 128 * 1024;

/**
 * Asserts that `frame` is one zstd frame and nothing else, and that it needs no dictionary. Refuses
 * with `frame-second` if something follows the frame, else with `inflation-bad`.
 */
export function checkFrame(frame: Buffer): void {
  if (frame.length < 6 || frame.readUInt32LE(0) !== magic) throw bad("no zstd frame");
  const descriptor = frame[4]!;
  if ((descriptor & 0x08) !== 0) throw bad("a zstd frame with a reserved bit");
  if ((descriptor & 0x03) !== 0) throw bad("a zstd frame that needs a dictionary");
  const singleSegment = (descriptor & 0x20) !== 0;
  // The content size has one byte where it replaces the description of the window.
  const fieldBytes =
    [1, 2, 4, 8][descriptor >> 6]! - (descriptor >> 6 === 0 && !singleSegment ? 1 : 0);
  const start = 5 + (singleSegment ? 0 : 1) + fieldBytes;
  const end = blocksEnd(frame, start) + ((descriptor & 0x04) !== 0 ? checksumBytes : 0);
  if (end > frame.length) throw bad("a zstd frame that is cut");
  if (end < frame.length) {
    throw new Refusal("frame-second", `${frame.length - end} bytes follow the zstd frame`);
  }
}

/** A frame that holds `content` as it is. */
export function storedFrame(content: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt32LE(magic);
  // A content size of four bytes, and a window of 128 KiB.
  head[4] = 0x80;
  head[5] = (17 - 10) << 3;
  head.writeUInt32LE(content.length, 6);
  const parts: Buffer[] = [head];
  for (let start = 0; start < content.length; start += rawBlockBytesMax) {
    const block = content.subarray(start, start + rawBlockBytesMax);
    const isLast = start + block.length === content.length;
    const blockHead = Buffer.alloc(3);
    blockHead.writeUIntLE((block.length << 3) | Number(isLast), 0, 3);
    parts.push(blockHead, block);
  }
  return Buffer.concat(parts);
}

/** Where the block that calls itself the last one ends. */
function blocksEnd(frame: Buffer, start: number): number {
  let position = start;
  for (;;) {
    if (position + 3 > frame.length) throw bad("a zstd frame that is cut");
    const block = frame.readUIntLE(position, 3);
    const kind = (block >> 1) & 3;
    if (kind === reservedBlock) throw bad("a zstd frame with a block of a reserved kind");
    position += 3 + (kind === rleBlock ? 1 : block >> 3);
    if ((block & 1) === 1) return position;
  }
}

function bad(what: string): Refusal {
  return new Refusal("inflation-bad", `the payload is ${what}`);
}
