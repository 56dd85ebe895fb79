// http in sender.yaml.

import { checkWebServer, webServerKeys, type WebServerSettings } from "@siteferry/agent";
import { httpSender, isLoopback, readHttpOptions, type SendingTransport } from "@siteferry/carry";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

/** The centre's listener, or the web server in front of it. */
export type HttpSettings = WebServerSettings;

export const httpSettings: z.ZodType<HttpSettings> = z
  .strictObject(webServerKeys())
  .superRefine((settings, context) => checkWebServer(settings, context, isLoopback));

export function openHttp(context: TransportContext, settings: HttpSettings): SendingTransport {
  return httpSender({ ...readHttpOptions(context, settings), site: context.site });
}
