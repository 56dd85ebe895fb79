// What the sender keeps of its last keyframe, to make deltas against it: the bundle itself, or where
// that is encrypted, the bundle with its payload in clear. It is the sender's own file and so not
// judged as one from outside; damage shows as a Refusal, and then the next bundle is a keyframe.

import { archiveReader } from "./archive.ts";
import { inflate } from "./compress.ts";
import { payloadOffset, readHeader, type BundleHeader } from "./header.ts";
import { decodeManifest, manifestName } from "./manifest.ts";
import type { Member } from "./member.ts";

export interface Base {
  /** Of the keyframe as it travelled. */
  readonly header: BundleHeader;
  readonly members: readonly Member[];
}

/** `bytes` are the `base` that `sealWithBase` gave. */
export async function readBase(bytes: Uint8Array): Promise<Base> {
  const header = readHeader(bytes).unverified;
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
    payloadOffset,
  );
  const reader = archiveReader(await inflate(payload, header.inflatedBytes));
  const manifest = decodeManifest(reader.next(manifestName));
  const members = manifest.members.map(({ name, rows, bytes: sizeBytes }) => ({
    name,
    rows,
    sizeBytes,
    chunks: [reader.next(name)],
  }));
  reader.end();
  return { header, members };
}
