// drop in receiver.yaml.

import { absolutePath, explained, markerSuffix, siteId } from "@siteferry/agent";
import { dropReceiver, type ReceivingTransport } from "@siteferry/carry/contract";
import type { SiteId } from "@siteferry/model";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface DropSettings {
  /** An existing directory; files are removed from it once they are safe in the spool. */
  readonly dir: string;
  /** If only one site can write there, bundles of others are refused. */
  readonly site?: SiteId | undefined;
  /** A file is taken in only when another one is there, of its name and this: `.ok`. */
  readonly marker?: string | undefined;
}

export const dropSettings: z.ZodType<DropSettings> = explained(
  z.strictObject({
    dir: absolutePath,
    site: siteId.optional(),
    marker: markerSuffix.optional(),
  }),
  {
    dir:
      "an existing directory; `*.ferry` in it is taken in, and removed when the spool has it durably. " +
      "Files must appear whole: copy to another name, then rename",
    site:
      "set it if only this site can write there: then bundles of others are refused. " +
      "Without it any known site may",
    marker: "a file is taken in only when another one is there, of its name and this: `.ok`",
  },
);

export function openDrop(
  { world }: TransportContext,
  { dir, site, marker }: DropSettings,
): ReceivingTransport {
  return dropReceiver(world.files, { dir, site: site ?? null, marker });
}
