// drop in sender.yaml.

import { absolutePath, fileMode, markerSuffix } from "@siteferry/agent";
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

export const dropSettings: z.ZodType<DropSettings> = z.strictObject({
  dir: absolutePath,
  mode: fileMode.prefault("0640"),
  marker: markerSuffix.optional(),
  after: z.array(z.string().min(1)).default([]),
  collapse: z.boolean().default(false),
  index: z.boolean().default(false),
});

export function openDrop(
  { world, site }: TransportContext,
  settings: DropSettings,
): SendingTransport {
  // Nobody else could take anything away from what a web server hands out.
  const collapse = settings.collapse || settings.index;
  return dropSender(world, { ...settings, collapse, site });
}
