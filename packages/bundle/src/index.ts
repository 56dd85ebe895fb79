// Snapshot ⇄ sealed bytes. The sender: memberWriter, seal. The receiver: verify, then (after it has
// judged the sequence) unpack. docs/specs/bundle.md is the format.

export { generateAgeKey, isAgeRecipient, parseAgeIdentities, type AgeKeyPair } from "./age.ts";
export { addSigner } from "./add-signer.ts";
export { applyDelta, checkBase } from "./apply-delta.ts";
export { parseAllowedSigners, type AllowedSigner, type SignerList } from "./allowed-signers.ts";
export { readBase, type Base } from "./base.ts";
export { configurationHash, dumpHash } from "./configuration-hash.ts";
export { readHeader, type BundleHeader, type DeltaBase, type UnverifiedHeader } from "./header.ts";
export { generateKey, loadSigner, type KeyPair, type Signer } from "./keys.ts";
export { makeDelta, type Delta } from "./make-delta.ts";
export { memberWriter, textMember, type Member, type MemberWriter } from "./member.ts";
export type { OutboxNote, Source } from "./manifest.ts";
export {
  unpack,
  type OpenedBundle,
  type OpenedConfiguration,
  type OpenedDelta,
  type OpenedKeyframe,
  type OpenedVerbatim,
  type UnpackOptions,
} from "./open.ts";
export type { Pace } from "./pace.ts";
export { ownSigner } from "./own-signer.ts";
export { checkReceipt, makeReceipt, type ReceiptTrust } from "./receipt.ts";
export { parseRevokedKeys } from "./revoked-keys.ts";
export {
  seal,
  sealWithBase,
  type SealInput,
  type SealedWithBase,
  type SealOptions,
} from "./seal.ts";
export { realPace } from "./world/real-pace.ts";
export { verify, type Trust, type VerifiedEnvelope } from "./verify.ts";
