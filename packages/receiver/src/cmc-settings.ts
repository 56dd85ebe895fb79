// The target `cmc` of receiver.yaml: Checkmk's own core. docs/configuration.md shows the same.

import { absolutePath, duration, fileMode, groupName } from "@siteferry/agent";
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

export const cmcSchema: z.ZodType<CmcSettings> = z.strictObject({
  mk: absolutePath,
  mode: fileMode.prefault("0644"),
  group: groupName.optional(),
  live: z.string().regex(/^(unix|tcp|tls):./, "write unix:PATH, tcp:HOST:PORT or tls:HOST:PORT"),
  reload: z.array(z.string().min(1)).default(["cmk", "-O"]),
  reloadEvery: duration.prefault("60s"),
  reloadTimeout: duration.prefault("5m"),
});
