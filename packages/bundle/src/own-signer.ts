// For looking into a bundle without knowing whom to believe (`siteferry inspect`): the key that the
// bundle itself names. Its signature then proves that the file is whole, and nothing else.

import { parseAllowedSigners, type SignerList } from "./allowed-signers.ts";
import { headerBytes, payloadOffset, readHeader } from "./header.ts";
import { readWireStrings } from "./wire.ts";

/** A list with that one key, for the site that the header names. Refuses as `readHeader` does. */
export function ownSigner(bytes: Uint8Array): SignerList {
  const { unverified } = readHeader(bytes);
  const blob = Buffer.from(bytes.subarray(headerBytes, payloadOffset));
  const [key = Buffer.alloc(0)] = readWireStrings(blob, 10) ?? [];
  const line = `${unverified.site} ssh-ed25519 ${key.toString("base64")}`;
  return parseAllowedSigners(line, "the bundle's own key");
}
