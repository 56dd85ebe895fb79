// http in sender.yaml.

import {
  checkWebServer,
  explained,
  webServerKeys,
  type WebServerSettings,
  webServerWords,
} from "@siteferry/agent";
import { isLoopback, type SendingTransport } from "@siteferry/carry/contract";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

/** The centre's listener, or the web server in front of it. */
export type HttpSettings = WebServerSettings;

export const httpSettings: z.ZodType<HttpSettings> = explained(z.strictObject(webServerKeys()), {
  url:
    "`https://HOST:PORT`, with a path if the web server in front needs one. " +
    "`http://` only without a token, or to this machine",
  token:
    "a file with the token that the centre gave this site, mode 0600; read anew for each bundle",
  ...webServerWords,
}).superRefine((settings, context) => checkWebServer(settings, context, isLoopback));

export async function openHttp(
  context: TransportContext,
  settings: HttpSettings,
): Promise<SendingTransport> {
  const { httpSender, readHttpOptions } = await import("@siteferry/carry");
  return httpSender({ ...readHttpOptions(context, settings), site: context.site });
}
