// Bytes that come in pieces, as small as the other side likes: a piece that is kept as it came costs a
// hundred bytes and more, and of 64 MiB there may be as many.

const blockBytes = 64 * 1024;

export class Gathered {
  readonly #blocks: Buffer[] = [];
  #free = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      if (this.#free === 0) {
        this.#blocks.push(Buffer.allocUnsafeSlow(blockBytes));
        this.#free = blockBytes;
      }
      const part = piece.subarray(at, at + this.#free);
      this.#blocks.at(-1)!.set(part, blockBytes - this.#free);
      this.#free -= part.length;
      at += part.length;
    }
    this.#length += piece.length;
  }

  /** All of them, in memory of its own. */
  bytes(): Buffer<ArrayBuffer> {
    return Buffer.concat(this.#blocks, this.#length);
  }
}
