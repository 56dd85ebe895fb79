// What a transport of the receiver is opened with.

import type { ReadSecret } from "@siteferry/carry";
import type { World } from "@siteferry/model";

export interface TransportContext {
  readonly world: World;
  /** The receiver's own directory in the spool. */
  readonly spool: string;
  /** Files that others may not read: keys, passwords, tokens. */
  readonly readSecret: ReadSecret;
  /** Other files of the operator: authorities, known hosts. */
  readonly readText: ReadSecret;
}
