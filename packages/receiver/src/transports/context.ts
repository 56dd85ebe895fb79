// What a transport of the receiver is opened with.

import type { ReadSecret } from "@siteferry/carry";
import type { SiteId, World } from "@siteferry/model";

export interface TransportContext {
  readonly world: World;
  /** The receiver's own directory in the spool. */
  readonly spool: string;
  /** Files that others may not read: keys, passwords, tokens. */
  readonly readSecret: ReadSecret;
  /** Other files of the operator: authorities, known hosts. */
  readonly readText: ReadSecret;
  /** The bundle of what livedump wrote for this site, sealed by the centre. */
  readonly sealLivedump: (site: SiteId, text: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>;
}
