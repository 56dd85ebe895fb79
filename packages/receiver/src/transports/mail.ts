// mail in receiver.yaml, and the receiver's own Maildir, which `receive --mail` fills.

import {
  absolutePath,
  keepsPassword,
  mailServerKeys,
  type MailServerSettings,
  oneOf,
  passwordInClear,
} from "@siteferry/agent";
import {
  imapFolder,
  type Mailbox,
  maildir,
  mailReceiver,
  mailSecrets,
  type MailServer,
  pop3Mailbox,
  type ReceivingTransport,
} from "@siteferry/carry";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export type MailSettings =
  | { readonly maildir: MaildirSettings }
  | { readonly imap: ImapSettings }
  | { readonly pop3: LoginSettings };

interface MaildirSettings {
  /** An existing Maildir; messages that aren't siteferry's stay as they are. */
  readonly dir: string;
  /** Maildirs for what was taken in, and for what can't be used; without them it is deleted. */
  readonly done?: string | undefined;
  readonly refused?: string | undefined;
}

interface LoginSettings extends MailServerSettings {
  readonly user: string;
  readonly password: string;
}

interface ImapSettings extends LoginSettings {
  readonly folder: string;
  /** Folders, likewise. */
  readonly done?: string | undefined;
  readonly refused?: string | undefined;
}

const folderName = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, "not the name of a folder");

export const mailSettings: z.ZodType<MailSettings> = oneOf("mailbox", {
  maildir: z.strictObject({
    dir: absolutePath,
    done: absolutePath.optional(),
    refused: absolutePath.optional(),
  }),
  imap: z
    .strictObject({
      ...mailServerKeys(993, "tls", (text) => text),
      folder: folderName.default("INBOX"),
      done: folderName.optional(),
      refused: folderName.optional(),
    })
    .refine(keepsPassword, passwordInClear),
  pop3: z
    .strictObject(mailServerKeys(995, "tls", (text) => text))
    .refine(keepsPassword, passwordInClear),
});

export function openMail(context: TransportContext, settings: MailSettings): ReceivingTransport {
  return mailReceiver(openMailbox(context, settings), context.world.clock);
}

/** Below the receiver's own directory. */
export const pipedMailDirectory = "mail";

/** What `receive --mail` took in; the directory must be there. */
export function openPipedMail({ world, spool }: TransportContext): ReceivingTransport {
  const dir = `${spool}/${pipedMailDirectory}`;
  return mailReceiver(maildir(world.files, { dir, done: null, refused: null }), world.clock);
}

function openMailbox(context: TransportContext, settings: MailSettings): Mailbox {
  const outcomes = ({ done, refused }: Partial<MaildirSettings>) => ({
    done: done ?? null,
    refused: refused ?? null,
  });
  if ("maildir" in settings) {
    const { maildir: section } = settings;
    return maildir(context.world.files, { dir: section.dir, ...outcomes(section) });
  }
  if ("pop3" in settings) return pop3Mailbox(serverOf(context, settings.pop3));
  const { imap } = settings;
  return imapFolder({ ...serverOf(context, imap), folder: imap.folder, ...outcomes(imap) });
}

function serverOf(context: TransportContext, settings: LoginSettings): MailServer {
  const { host, port, tls, user, timeout } = settings;
  return { host, port, tls, user, timeoutMs: timeout, secrets: mailSecrets(context, settings) };
}
