// The strings of SSH's wire format (RFC 4251, section 5): four bytes of length, then the bytes.

/** Each part behind its length. */
export function wireStrings(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = typeof part === "string" ? Buffer.from(part) : part;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** All strings in `bytes` from `offset` on, or null unless they end exactly where it ends. */
export function readWireStrings(bytes: Buffer, offset: number): Buffer[] | null {
  const parts: Buffer[] = [];
  let position = offset;
  while (position < bytes.length) {
    if (bytes.length - position < 4) return null;
    const start = position + 4;
    position = start + bytes.readUInt32BE(position);
    if (position > bytes.length) return null;
    parts.push(bytes.subarray(start, position));
  }
  return parts;
}
