// The transports that receiver.yaml can name, by their keys.

import { oneOf } from "@siteferry/agent";
import type { ListeningTransport, ReceivingTransport } from "@siteferry/carry";
import type { SiteId } from "@siteferry/model";
import type { z } from "zod";
import type { TransportContext } from "./context.ts";
import { type DropSettings, dropSettings, openDrop } from "./drop.ts";
import { type HttpSettings, httpSettings, openHttp } from "./http.ts";
import { type HttpPullSettings, httpPullSettings, openHttpPull } from "./http-pull.ts";
import { livedumpSiteOf, type MailSettings, mailSettings, openMail } from "./mail.ts";
import { openSsh, type SshSettings, sshSettings } from "./ssh.ts";

export type TransportSettings =
  | { readonly drop: DropSettings }
  | { readonly http: HttpSettings }
  | { readonly httpPull: HttpPullSettings }
  | { readonly mail: MailSettings }
  | { readonly ssh: SshSettings };

export const transportSchema: z.ZodType<TransportSettings> = oneOf(
  "transport",
  {
    drop: dropSettings,
    http: httpSettings,
    httpPull: httpPullSettings,
    mail: mailSettings,
    ssh: sshSettings,
  },
  {
    drop: "takes bundles out of [a directory](transports/drop.md)",
    http: "[listens](transports/http.md) for uploads; only the daemon does",
    httpPull: "fetches a site's outbox from [a web server](transports/http.md#pull)",
    mail: "takes bundles out of a mailbox: [mail](transports/mail.md)",
    ssh: "[by ssh](transports/ssh.md#pull): the centre fetches what the site's `drop` transport publishes",
  },
);

/** The sites that an entry names, and where in it. */
export function sitesOf(
  settings: TransportSettings,
): readonly { readonly site: string; readonly at: readonly string[] }[] {
  if ("http" in settings) {
    return Object.keys(settings.http.sites).map((site) => ({ site, at: ["http", "sites", site] }));
  }
  const [[key, section] = ["", {}]] = Object.entries(settings);
  const { site }: { site?: string | undefined } = section;
  return site === undefined ? [] : [{ site, at: [key, "site"] }];
}

/** The site of whose dumps the entry believes that nobody else writes them. */
export function livedumpSite(settings: TransportSettings): SiteId | undefined {
  return "mail" in settings ? livedumpSiteOf(settings.mail) : undefined;
}

/** Nothing is connected yet, nothing listens. */
export async function openTransport(
  context: TransportContext,
  settings: TransportSettings,
): Promise<ReceivingTransport | ListeningTransport> {
  if ("http" in settings) return await openHttp(context, settings.http);
  if ("httpPull" in settings) return await openHttpPull(context, settings.httpPull);
  if ("mail" in settings) return await openMail(context, settings.mail);
  if ("ssh" in settings) return await openSsh(context, settings.ssh);
  return openDrop(context, settings.drop);
}
