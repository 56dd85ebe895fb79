// The tar inside a bundle, in one spelling only (POSIX ustar, regular files, nobody's, of no time), so
// that equal rows give equal bytes and the reader need not judge a header but only compare it with
// the one that it would have written. docs/decisions/ says why this isn't tar-stream.

import { Refusal } from "@siteferry/model";

const blockBytes = 512;
const sizeAt = 124;
const checksumAt = 148;

/** The two blocks of zeros after the last member. */
export const endMarkBytes: number = 2 * blockBytes;

/** The 512 bytes before a member's content. */
export function tarHeader(name: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, "latin1");
  block.write("0000644\0" + "0000000\0".repeat(2), 100, "latin1");
  block.write(`${sizeBytes.toString(8).padStart(11, "0")}\0${"0".repeat(11)}\0`, sizeAt, "latin1");
  block.write("        0", checksumAt, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  block.write("0000000\0".repeat(2), 329, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, checksumAt, "latin1");
  return block;
}

/** Zeros that fill a member's last block. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc(-sizeBytes & (blockBytes - 1));
}

/** Walks through an archive, each step taking what must come next. */
export interface ArchiveReader {
  /** The content of the member `name`, whose size the archive itself says. */
  next(name: string): Buffer;
  /** Asserts the end mark, and nothing behind it. */
  end(): void;
}

/** Refuses with `archive-bad`, and `archive-cut` where the archive ends too soon. */
export function archiveReader(archive: Buffer): ArchiveReader {
  let position = 0;

  function take(bytes: number): Buffer {
    if (archive.length - position < bytes) {
      throw new Refusal("archive-cut", `the archive ends at byte ${archive.length}, too soon`);
    }
    position += bytes;
    return archive.subarray(position - bytes, position);
  }

  return {
    next(name) {
      const header = take(blockBytes);
      const sizeText = header.toString("latin1", sizeAt, sizeAt + 11);
      const sizeBytes = /^[0-7]{11}$/.test(sizeText) ? Number.parseInt(sizeText, 8) : 0;
      if (!header.equals(tarHeader(name, sizeBytes))) {
        throw new Refusal("archive-bad", `the archive has something else where ${name} belongs`);
      }
      const content = take(sizeBytes);
      if (!isZero(take(-sizeBytes & (blockBytes - 1)))) {
        throw new Refusal("archive-bad", `the archive hides something behind ${name}`);
      }
      return content;
    },
    end() {
      if (!isZero(take(endMarkBytes)) || position !== archive.length) {
        throw new Refusal("archive-bad", "the archive goes on after its last member");
      }
    },
  };
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
