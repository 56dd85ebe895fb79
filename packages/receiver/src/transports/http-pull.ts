// httpPull in receiver.yaml: the centre fetches a site's outbox from a web server.

import {
  checkWebServer,
  explained,
  siteId,
  webServerKeys,
  type WebServerSettings,
  webServerWords,
} from "@siteferry/agent";
import { isLoopback, type ReceivingTransport } from "@siteferry/carry/contract";
import type { SiteId } from "@siteferry/model";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface HttpPullSettings extends WebServerSettings {
  /** The site whose outbox it is: bundles of others are left alone. */
  readonly site: SiteId;
}

export const httpPullSettings: z.ZodType<HttpPullSettings> = explained(
  z.strictObject({ site: siteId, ...webServerKeys() }),
  {
    site: "whose outbox it is; other bundles in it are left alone",
    url: "where its `index.json` lies, without that name",
    token: "a file with a token that the web server wants, mode 0600",
    ...webServerWords,
  },
).superRefine((settings, context) => checkWebServer(settings, context, isLoopback));

export async function openHttpPull(
  context: TransportContext,
  settings: HttpPullSettings,
): Promise<ReceivingTransport> {
  const { httpPullReceiver, readHttpOptions } = await import("@siteferry/carry");
  return httpPullReceiver(context.world, {
    ...readHttpOptions(context, settings),
    site: settings.site,
    stateDirectory: `${context.spool}/state`,
  });
}
