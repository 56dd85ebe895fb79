// mail in receiver.yaml.

import {
  absolutePath,
  explained,
  keepsPassword,
  kind,
  mailServerKeys,
  type MailServerSettings,
  mailServerWords,
  oneOf,
  passwordInClear,
  siteId,
} from "@siteferry/agent";
import type { Mailbox, MailServer, ReceivingTransport } from "@siteferry/carry";
import type { SiteId } from "@siteferry/model";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export type MailSettings =
  | { readonly maildir: MaildirSettings }
  | { readonly imap: ImapSettings }
  | { readonly pop3: LoginSettings };

interface MailboxSettings {
  /** Every message here is a dump of this site's, by livedump: nobody else's are in it. */
  readonly livedump?: SiteId | undefined;
}

interface MaildirSettings extends MailboxSettings {
  /** An existing Maildir; messages that aren't siteferry's stay as they are. */
  readonly dir: string;
  /** Maildirs for what was taken in, and for what can't be used; without them it is deleted. */
  readonly done?: string | undefined;
  readonly refused?: string | undefined;
}

interface LoginSettings extends MailServerSettings, MailboxSettings {
  readonly user: string;
  readonly password: string;
}

interface ImapSettings extends LoginSettings {
  readonly folder: string;
  /** Folders, likewise. */
  readonly done?: string | undefined;
  readonly refused?: string | undefined;
}

const livedump = siteId.optional();
const folderName = kind(
  "name",
  z.string().regex(/^[^\u0000-\u001f\u007f]+$/, "not the name of a folder"),
);

const everyMessage =
  "every message is a [livedump](migration.md#the-centre-first) of this site, which has " +
  "`livedump: true`; nobody else may get mail into it";
const loginWords = "whom to log in as";
const refusedWords = "likewise, for siteferry's messages that can't be used";

export const mailSettings: z.ZodType<MailSettings> = oneOf(
  "mailbox",
  {
    maildir: explained(
      z.strictObject({
        dir: absolutePath,
        done: absolutePath.optional(),
        refused: absolutePath.optional(),
        livedump,
      }),
      {
        dir: "an existing one; what isn't siteferry's stays as it is",
        done: "a Maildir on the same file system for what was taken in; without it that is deleted",
        refused: refusedWords,
        livedump: everyMessage,
      },
    ),
    imap: explained(
      z.strictObject({
        ...mailServerKeys(993, "tls", (text) => text),
        folder: folderName.default("INBOX"),
        done: folderName.optional(),
        refused: folderName.optional(),
        livedump,
      }),
      {
        ...mailServerWords,
        user: loginWords,
        folder: "where to look",
        done: "a folder for what was taken in, made if missing; without it that is deleted",
        refused: refusedWords,
        livedump: everyMessage,
      },
    ).refine(keepsPassword, passwordInClear),
    pop3: explained(z.strictObject({ ...mailServerKeys(995, "tls", (text) => text), livedump }), {
      ...mailServerWords,
      user: loginWords,
      livedump: `${everyMessage}, and every one is deleted`,
    }).refine(keepsPassword, passwordInClear),
  },
  {
    maildir: "a Maildir",
    imap: "a folder of an IMAP server",
    pop3: "a POP3 mailbox; what was taken in or can't be used is deleted",
  },
);

export async function openMail(
  context: TransportContext,
  settings: MailSettings,
): Promise<ReceivingTransport> {
  const carry = await import("@siteferry/carry");
  const mailbox = openMailbox(carry, context, settings);
  const site = livedumpSiteOf(settings);
  if (site === undefined) return carry.mailReceiver(mailbox, context.world.clock);
  const seal = (text: Uint8Array) => context.sealLivedump(site, text);
  return carry.mailTextReceiver(mailbox, { site, seal });
}

/** The site that speaks by livedump through this mailbox. */
export function livedumpSiteOf(settings: MailSettings): SiteId | undefined {
  const [section] = Object.values<MailboxSettings>(settings);
  return section?.livedump;
}

function openMailbox(
  { anyHead, imapFolder, maildir, mailSecrets, pop3Mailbox }: typeof import("@siteferry/carry"),
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
  const letters = livedumpSiteOf(settings) === undefined ? {} : { readHead: anyHead };
  if ("maildir" in settings) {
    const { maildir: section } = settings;
    const { files, log } = context.world;
    return maildir(files, { dir: section.dir, log, ...outcomes(section), ...letters });
  }
  if ("pop3" in settings) return pop3Mailbox(serverOf(settings.pop3), letters.readHead);
  const { imap } = settings;
  return imapFolder({ ...serverOf(imap), folder: imap.folder, ...outcomes(imap), ...letters });
}
