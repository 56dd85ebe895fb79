// http in sender.yaml.

import { checkWebServer, webServerKeys, type WebServerSettings } from "@siteferry/agent";
import { isLoopback, type SendingTransport } from "@siteferry/carry/contract";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

/** The centre's listener, or the web server in front of it. */
export type HttpSettings = WebServerSettings;

export const httpSettings: z.ZodType<HttpSettings> = z
  .strictObject(webServerKeys())
  .superRefine((settings, context) => checkWebServer(settings, context, isLoopback));

export async function openHttp(
  context: TransportContext,
  settings: HttpSettings,
): Promise<SendingTransport> {
  const { httpSender, readHttpOptions } = await import("@siteferry/carry");
  return httpSender({ ...readHttpOptions(context, settings), site: context.site });
}
