// drop in sender.yaml.

import { absolutePath, commandWords, explained, fileMode, markerSuffix } from "@siteferry/agent";
import { dropSender, type SendingTransport } from "@siteferry/carry/contract";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface DropSettings {
  /** An existing directory; bundles appear in it whole. */
  readonly dir: string;
  /** Of the files there. */
  readonly mode: number;
  /** Ends the name of an empty file that follows each bundle, for tools that wait for one: `.ok`. */
  readonly marker?: string | undefined;
  /** A command that carries each file on; `{file}` in it stands for the path. It must end with 0. */
  readonly after: readonly string[];
  /** Of this site's files in `dir`, those that a newer one supersedes are removed. */
  readonly collapse: boolean;
  /** Keeps an index.json of this site's files, for a web server that hands the directory out; implies `collapse`. */
  readonly index: boolean;
}

export const dropSettings: z.ZodType<DropSettings> = explained(
  z.strictObject({
    dir: absolutePath,
    mode: fileMode.prefault("0640"),
    marker: markerSuffix.optional(),
    after: commandWords.default([]),
    collapse: z.boolean().default(false),
    index: z.boolean().default(false),
  }),
  {
    dir:
      "an existing directory that this user may write. Bundles appear in it whole, by rename; " +
      "what moves them on takes `*.ferry`, and may delete what it took",
    mode: "of the bundles there",
    marker:
      "ends the name of an empty file that follows each bundle, for tools that wait for one: `.ok`",
    after:
      "a command, without a shell, that carries each file on; `{file}` in it stands for the path. " +
      "It must end with 0 within ten minutes, else the bundle waits",
    collapse:
      "`true`: of this site's files in `dir`, those that a newer one supersedes are removed",
    index:
      "`true`: keeps an `index.json` of this site's files, for a web server that hands the directory " +
      "out; collapses it, too",
  },
);

export function openDrop(
  { world, site }: TransportContext,
  settings: DropSettings,
): SendingTransport {
  // Nobody else could take anything away from what a web server hands out.
  const collapse = settings.collapse || settings.index;
  return dropSender(world, { ...settings, collapse, site });
}
