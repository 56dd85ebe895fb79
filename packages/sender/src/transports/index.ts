// The transports that sender.yaml can name, by their keys.

import { oneOf } from "@siteferry/agent";
import type { SendingTransport } from "@siteferry/carry";
import type { z } from "zod";
import type { TransportContext } from "./context.ts";
import { type DropSettings, dropSettings, openDrop } from "./drop.ts";

export type TransportSettings = { readonly drop: DropSettings };

export const transportSchema: z.ZodType<TransportSettings> = oneOf("transport", {
  drop: dropSettings,
});

/** Nothing is connected yet. */
export function openTransport(
  context: TransportContext,
  settings: TransportSettings,
): SendingTransport {
  return openDrop(context, settings.drop);
}
