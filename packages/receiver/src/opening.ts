// What every step of the receiver works with.

import type { SignerList } from "@siteferry/bundle";
import type { World } from "@siteferry/model";
import type { CoreControl } from "./activation/core-control.ts";
import type { BundleCache } from "./bundle-cache.ts";
import type { ReceiverSettings } from "./settings.ts";

export interface Opening {
  readonly world: World;
  readonly settings: ReceiverSettings;
  /** The receiver's own directory in the spool. */
  readonly spool: string;
  readonly signers: SignerList;
  /** Ids of keys that are not believed any more. */
  readonly revoked: ReadonlySet<string>;
  /** Private keys of age; empty if there are none. */
  readonly identities: readonly string[];
  /** Empty at the start; the daemon hands the same one to each run. */
  readonly cache: BundleCache;
  /** The running core and the operator's commands. */
  readonly core: CoreControl;
  /** The share of the spool's file system that is free, from 0 to 1. */
  freeSpace(): Promise<number>;
  /** The number of a group that the settings name; null for none. */
  groupId(name: string | undefined): Promise<number | null>;
}
