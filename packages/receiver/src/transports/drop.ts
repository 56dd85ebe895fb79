// drop in receiver.yaml.

import { absolutePath, markerSuffix, siteId } from "@siteferry/agent";
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

export const dropSettings: z.ZodType<DropSettings> = z.strictObject({
  dir: absolutePath,
  site: siteId.optional(),
  marker: markerSuffix.optional(),
});

export function openDrop(
  { world }: TransportContext,
  { dir, site, marker }: DropSettings,
): ReceivingTransport {
  return dropReceiver(world.files, { dir, site: site ?? null, marker });
}
