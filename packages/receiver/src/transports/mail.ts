// mail in receiver.yaml.

import {
  absolutePath,
  keepsPassword,
  mailServerKeys,
  type MailServerSettings,
  oneOf,
  passwordInClear,
} from "@siteferry/agent";
import type { Mailbox, MailServer, ReceivingTransport } from "@siteferry/carry";
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

export async function openMail(
  context: TransportContext,
  settings: MailSettings,
): Promise<ReceivingTransport> {
  const carry = await import("@siteferry/carry");
  return carry.mailReceiver(openMailbox(carry, context, settings), context.world.clock);
}

function openMailbox(
  { imapFolder, maildir, mailSecrets, pop3Mailbox }: typeof import("@siteferry/carry"),
  context: TransportContext,
  settings: MailSettings,
): Mailbox {
  const serverOf = ({
    host,
    port,
    tls,
    user,
    password,
    ca,
    timeout,
  }: LoginSettings): MailServer => {
    const secrets = mailSecrets(context, { password, ca });
    return { host, port, tls, user, timeoutMs: timeout, secrets };
  };
  const outcomes = ({ done, refused }: Partial<MaildirSettings>) => ({
    done: done ?? null,
    refused: refused ?? null,
  });
  if ("maildir" in settings) {
    const { maildir: section } = settings;
    return maildir(context.world.files, { dir: section.dir, ...outcomes(section) });
  }
  if ("pop3" in settings) return pop3Mailbox(serverOf(settings.pop3));
  const { imap } = settings;
  return imapFolder({ ...serverOf(imap), folder: imap.folder, ...outcomes(imap) });
}
