// The centre's receipt for a bundle: text that people can read, signed by the centre's key. It says that
// the file is durable at the centre, not that what is in it was believed.

import { createHash } from "node:crypto";
import { FerryError, limits, printable, type SiteId } from "@siteferry/model";
import type { SignerList } from "./allowed-signers.ts";
import { keyIdOf } from "./ed25519.ts";
import { readHeader } from "./header.ts";
import type { Signer } from "./keys.ts";
import { checkSignature, makeSignature, signatureBytes } from "./sshsig.ts";
import { readWireStrings } from "./wire.ts";

/** What a receipt is checked against. */
export interface ReceiptTrust {
  readonly centre: SiteId;
  /** The centre's keys, as in an allowed_signers file with the centre's id in place of a site's. */
  readonly signers: SignerList;
  readonly nowMs: number;
}

const firstLine = "siteferry-receipt 1";
const armourStart = "-----BEGIN SSH SIGNATURE-----";
const armourEnd = "-----END SSH SIGNATURE-----";

/** For the whole file `bundle`; its header must have been verified. */
export function makeReceipt(bundle: Uint8Array, signer: Signer, nowMs: number): Uint8Array {
  const text = receiptText(bundle, new Date(nowMs).toISOString());
  const blob = makeSignature(Buffer.from(text), signer.publicKey, (data) => signer.sign(data));
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return Buffer.from(`${text}${[armourStart, ...lines, armourEnd, ""].join("\n")}`);
}

/** @throws FerryError `receipt-invalid` unless it is the centre's, for just this file. */
export function checkReceipt(receipt: Uint8Array, bundle: Uint8Array, trust: ReceiptTrust): void {
  const [whole, text = "", taken = "", armour = ""] =
    receipt.length <= limits.receiptBytesMax
      ? (pattern.exec(Buffer.from(receipt).toString("latin1")) ?? [])
      : [];
  const base64 = armour.replaceAll("\n", "");
  const blob = Buffer.from(base64, "base64");
  const isWhole = blob.length === signatureBytes && blob.toString("base64") === base64;
  if (whole === undefined || !isWhole) throw invalid("it has another form");
  if (text !== receiptText(bundle, taken)) {
    throw invalid(`it is for another bundle: ${printable(text.split("\n", 5).join(", "))}`);
  }
  const signer = pinnedCentre(blob, trust);
  try {
    checkSignature(Buffer.from(text), blob, signer);
  } catch (cause) {
    throw invalid("its signature doesn't hold", { cause });
  }
}

const pattern = new RegExp(
  `^(${firstLine}\\n(?:[a-z0-9]+ [\\w.:-]+\\n){5}taken ([\\d:.TZ-]+)\\n)` +
    `${armourStart}\\n((?:[A-Za-z0-9+/=]{1,76}\\n)+)${armourEnd}\\n$`,
);

function receiptText(bundle: Uint8Array, taken: string): string {
  const { site, recipient, epoch, sequence } = readHeader(bundle).unverified;
  return [
    firstLine,
    `centre ${recipient}`,
    `site ${site}`,
    `epoch ${epoch}`,
    `sequence ${sequence}`,
    `sha512 ${createHash("sha512").update(bundle).digest("hex")}`,
    `taken ${taken}`,
    "",
  ].join("\n");
}

function pinnedCentre(blob: Buffer, { centre, signers, nowMs }: ReceiptTrust): Uint8Array {
  const [key = Buffer.alloc(0)] = readWireStrings(blob, 10) ?? [];
  const known = signers.get(keyIdOf(key)) ?? [];
  const entry = known.find(
    ({ sites, validAfterMs, validBeforeMs }) =>
      sites.includes(centre) &&
      (validAfterMs === null || nowMs >= validAfterMs) &&
      (validBeforeMs === null || nowMs <= validBeforeMs),
  );
  if (entry !== undefined) return entry.publicKey;
  throw invalid(`it is signed with a key that isn't one of ${centre}`);
}

function invalid(problem: string, options?: ErrorOptions): FerryError {
  return new FerryError("receipt-invalid", `What came back is no receipt: ${problem}`, options);
}
