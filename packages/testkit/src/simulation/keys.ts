// The keys of a simulation: always the same ones, so that a bundle has the same bytes in every process.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  generateAgeKey,
  parseAgeIdentities,
  parseAllowedSigners,
  type Signer,
  type SignerList,
} from "@siteferry/bundle";
import type { SiteId } from "@siteferry/model";
import { siteIds } from "./agents.ts";
import { withSeededCrypto } from "./seeded-crypto.ts";

export interface Keys {
  readonly signers: ReadonlyMap<SiteId, Signer>;
  readonly lines: ReadonlyMap<SiteId, string>;
  /** The centre's of age, and its public half. */
  readonly identities: readonly string[];
  readonly recipient: string;
}

export async function makeKeys(): Promise<Keys> {
  const signers = new Map<SiteId, Signer>();
  const lines = new Map<SiteId, string>();
  for (const [index, site] of siteIds.entries()) {
    const { signer, line } = makeSigner(site, index + 1);
    signers.set(site, signer);
    lines.set(site, line);
  }
  const { identityText, recipient } = await withSeededCrypto(1, generateAgeKey);
  return { signers, lines, identities: parseAgeIdentities(identityText, "identity"), recipient };
}

/** allowed_signers, without the key of one site if its line was lost. */
export function signerList({ lines }: Keys, without: SiteId | null): SignerList {
  const kept = [...lines].filter(([site]) => site !== without).map(([, line]) => line);
  return parseAllowedSigners(kept.join("\n"), "allowed_signers");
}

/** DER of an unencrypted Ed25519 key up to its 32 bytes (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

function makeSigner(site: SiteId, number: number): { signer: Signer; line: string } {
  const der = Buffer.concat([pkcs8Prefix, Buffer.alloc(32, number)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const publicKey = Buffer.concat([sshString(Buffer.from("ssh-ed25519")), sshString(raw)]);
  const line = `${site} ssh-ed25519 ${publicKey.toString("base64")}`;
  const [keyId = ""] = parseAllowedSigners(line, site).keys();
  return { signer: { keyId, publicKey, sign: (data) => sign(null, data, key) }, line };
}

function sshString(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
