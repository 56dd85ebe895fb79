// The transports that sender.yaml can name, by their keys.

import { oneOf } from "@siteferry/agent";
import type { SendingTransport } from "@siteferry/carry";
import type { z } from "zod";
import type { TransportContext } from "./context.ts";
import { type DropSettings, dropSettings, openDrop } from "./drop.ts";
import { type HttpSettings, httpSettings, openHttp } from "./http.ts";
import { type MailSettings, mailSettings, openMail } from "./mail.ts";
import { openSsh, type SshSettings, sshSettings } from "./ssh.ts";

export type TransportSettings =
  | { readonly drop: DropSettings }
  | { readonly http: HttpSettings }
  | { readonly mail: MailSettings }
  | { readonly ssh: SshSettings };

export const transportSchema: z.ZodType<TransportSettings> = oneOf("transport", {
  drop: dropSettings,
  http: httpSettings,
  mail: mailSettings,
  ssh: sshSettings,
});

/** Nothing is connected yet. */
export async function openTransport(
  context: TransportContext,
  settings: TransportSettings,
): Promise<SendingTransport> {
  if ("http" in settings) return await openHttp(context, settings.http);
  if ("mail" in settings) return await openMail(context, settings.mail);
  if ("ssh" in settings) return await openSsh(context, settings.ssh);
  return openDrop(context, settings.drop);
}
