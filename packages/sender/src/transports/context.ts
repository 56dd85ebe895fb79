// What a transport of the sender is opened with.

import type { ReadSecret } from "@siteferry/carry";
import type { SiteId, World } from "@siteferry/model";

export interface TransportContext {
  readonly world: World;
  readonly site: SiteId;
  readonly centre: SiteId;
  /** Files that others may not read: keys, passwords, tokens. */
  readonly readSecret: ReadSecret;
  /** Other files of the operator: authorities, known hosts. */
  readonly readText: ReadSecret;
}
