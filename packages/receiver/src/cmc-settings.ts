// The target `cmc` of receiver.yaml: Checkmk's own core.

import {
  absolutePath,
  commandWords,
  duration,
  explained,
  fileMode,
  groupName,
  livestatusAddress,
} from "@siteferry/agent";
import { z } from "zod";

export interface CmcSettings {
  /** A directory below the central site's etc/check_mk/conf.d, used by siteferry alone. */
  readonly mk: string;
  readonly mode: number;
  readonly group?: string | undefined;
  /** Where the central core's Livestatus listens: it takes the states. */
  readonly live: string;
  /** The command that makes a changed configuration live; empty: somebody else does. */
  readonly reload: readonly string[];
  /** It runs at most this often, milliseconds. */
  readonly reloadEvery: number;
  readonly reloadTimeout: number;
}

export const cmcSchema: z.ZodType<CmcSettings> = explained(
  z.strictObject({
    mk: absolutePath,
    mode: fileMode.prefault("0644"),
    group: groupName.optional(),
    live: livestatusAddress,
    reload: commandWords.default(["cmk", "-O"]),
    reloadEvery: duration.prefault("60s"),
    reloadTimeout: duration.prefault("5m"),
  }),
  {
    mk:
      "a directory below the central site's `etc/check_mk/conf.d`, for siteferry alone; made if it is " +
      "missing. One file a site",
    mode: "of the files",
    group: "the group that the files are given to; without it the directory decides",
    live: "the central core's Livestatus, as `livestatus` in sender.yaml: the states are piped into it",
    reload:
      "the command that loads changed files, without a shell. If it fails the files before come back " +
      "and it runs once more. `[]`: none",
    reloadEvery: "it runs at most this often",
    reloadTimeout: "how long it may take",
  },
);
