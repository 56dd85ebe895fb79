// drop in sender.yaml.

import { absolutePath, fileMode } from "@siteferry/agent";
import { dropSender, type SendingTransport } from "@siteferry/carry";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface DropSettings {
  /** An existing directory; bundles appear in it whole. */
  readonly dir: string;
  /** Of the files there. */
  readonly mode: number;
}

export const dropSettings: z.ZodType<DropSettings> = z.strictObject({
  dir: absolutePath,
  mode: fileMode.prefault("0640"),
});

export function openDrop(
  { world, site }: TransportContext,
  settings: DropSettings,
): SendingTransport {
  return dropSender(world, { ...settings, site });
}
