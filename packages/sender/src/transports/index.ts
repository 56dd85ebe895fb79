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

export const transportSchema: z.ZodType<TransportSettings> = oneOf(
  "transport",
  {
    drop: dropSettings,
    http: httpSettings,
    mail: mailSettings,
    ssh: sshSettings,
  },
  {
    drop: "[a directory](transports/drop.md) into which bundles are published",
    http: "[HTTP](transports/http.md) to the centre's listener",
    mail: "[mail](transports/mail.md); one of `smtp` and `sendmail`",
    ssh:
      "[ssh](transports/ssh.md): to a process at the centre, to its listener, into a directory there, or " +
      "through the system's `ssh`",
  },
);

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
