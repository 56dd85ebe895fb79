// The transports that receiver.yaml can name, by their keys.

import { oneOf } from "@siteferry/agent";
import type { ListeningTransport, ReceivingTransport } from "@siteferry/carry";
import type { z } from "zod";
import type { TransportContext } from "./context.ts";
import { type DropSettings, dropSettings, openDrop } from "./drop.ts";

export type TransportSettings = { readonly drop: DropSettings };

export const transportSchema: z.ZodType<TransportSettings> = oneOf("transport", {
  drop: dropSettings,
});

/** Nothing is connected yet, nothing listens. */
export function openTransport(
  context: TransportContext,
  settings: TransportSettings,
): ReceivingTransport | ListeningTransport {
  return openDrop(context, settings.drop);
}
