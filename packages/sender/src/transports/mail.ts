// mail in sender.yaml.

import {
  absolutePath,
  explained,
  keepsPassword,
  kind,
  mailServerKeys,
  type MailServerSettings,
  mailServerWords,
  passwordInClear,
  size,
} from "@siteferry/agent";
import type { SendingTransport } from "@siteferry/carry";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface MailSettings {
  /** The centre's address. */
  readonly to: string;
  /** Gets what the relay can't deliver. */
  readonly from: string;
  /** The relay; or `sendmail`. */
  readonly smtp?: MailServerSettings | undefined;
  /** A program of this machine that takes a message on standard input, with its options. */
  readonly sendmail?: readonly string[] | undefined;
  /** No message is larger, with headers and encoding; a bundle that is comes in parts. */
  readonly partBytes: number;
}

/** Nothing that could be an option, a header or a second address. */
const mailAddress = kind(
  "mail address",
  z
    .string()
    .max(254)
    .regex(
      /^[\w.!#$%&'*+/=?^`{|}~][\w.!#$%&'*+/=?^`{|}~-]*@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
      "not a plain address such as ferry@example.net",
    ),
);

const smtpSettings: z.ZodType<MailServerSettings> = explained(
  z.strictObject(mailServerKeys(587, "starttls", (text) => text.optional())),
  mailServerWords,
)
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    message: "user and password only together",
  })
  .refine(keepsPassword, passwordInClear);

export const mailSettings: z.ZodType<MailSettings> = explained(
  z.strictObject({
    to: mailAddress,
    from: mailAddress,
    smtp: smtpSettings.optional(),
    sendmail: kind("list of words", z.tuple([absolutePath], z.string())).optional(),
    partBytes: size.refine((bytes) => bytes >= 64_000, "less than 64KB a message").prefault("8MB"),
  }),
  {
    to: "where the centre gets it",
    from: "gets what can't be delivered",
    smtp: "the relay",
    sendmail: "a program of this machine that takes a message on standard input, and its options",
    partBytes:
      "no message is larger, with headers and encoding; " +
      "a number with `KB` (1,000) or `MB` (1,000,000), at least `64KB`",
  },
).refine(({ smtp, sendmail }) => (smtp === undefined) !== (sendmail === undefined), {
  message: "one of the two: smtp or sendmail",
});

export async function openMail(
  context: TransportContext,
  { smtp, sendmail, ...settings }: MailSettings,
): Promise<SendingTransport> {
  const { mailSecrets, mailSender } = await import("@siteferry/carry");
  const relay =
    smtp === undefined
      ? { sendmail: sendmail ?? [] }
      : {
          ...smtp,
          user: smtp.user ?? null,
          timeoutMs: smtp.timeout,
          secrets: mailSecrets(context, smtp),
        };
  return mailSender(context.world, { ...settings, relay });
}
