// Snapshot ⇄ sealed bytes. The sender: memberWriter, seal. The receiver: verify, then (after it has
// judged the sequence) unpack. docs/specs/bundle.md is the format.

export { parseAllowedSigners, type AllowedSigner, type SignerList } from "./allowed-signers.ts";
export { configurationHash } from "./configuration-hash.ts";
export { readHeader, type BundleHeader, type UnverifiedHeader } from "./header.ts";
export { generateKey, loadSigner, type KeyPair, type Signer } from "./keys.ts";
export { memberWriter, type Member, type MemberWriter } from "./member.ts";
export type { Source } from "./manifest.ts";
export {
  unpack,
  type OpenedBundle,
  type OpenedConfiguration,
  type OpenedKeyframe,
} from "./open.ts";
export { ownSigner } from "./own-signer.ts";
export { seal, type SealInput } from "./seal.ts";
export { verify, type Trust, type VerifiedEnvelope } from "./verify.ts";
