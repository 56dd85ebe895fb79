// Transports: each a folder with its two halves behind one contract.

export * from "./contract.ts";
export { httpListener, type HttpListenOptions } from "./transports/http/listen.ts";
export { httpPullReceiver, type HttpPullOptions } from "./transports/http/pull.ts";
export { readHttpOptions } from "./transports/http/read-options.ts";
export { httpSender, type HttpSendOptions } from "./transports/http/send.ts";
export { mailSender, type MailSendOptions } from "./transports/mail/send.ts";
export type { Mailbox } from "./transports/mail/mailbox.ts";
export { mailReceiver } from "./transports/mail/receive.ts";
export {
  deliverToMaildir,
  prepareDeliveries,
  withoutEnvelopeLine,
} from "./transports/mail/deliver.ts";
export { imapFolder, type ImapOptions } from "./transports/mail/imap.ts";
export { maildir, makeMaildir, type MaildirOptions } from "./transports/mail/maildir.ts";
export { anyHead, mailTextReceiver } from "./transports/mail/receive-text.ts";
export { readBody } from "./transports/mail/read-body.ts";
export { pop3Mailbox } from "./transports/mail/pop3.ts";
export { mailSecrets, type MailServer } from "./transports/mail/mail-server.ts";
export { messageBytesMax } from "./transports/mail/mail-limits.ts";
export {
  sshCommandSender,
  type SshDirectory,
  sshDirectorySender,
  sshExecSender,
  sshTunnelSender,
} from "./transports/ssh/send.ts";
export { sshReceiver, type SshReceiveOptions } from "./transports/ssh/receive.ts";
export type { SshCommand } from "./transports/ssh/command.ts";
export type { SshConnection, SshFiles, SshServer } from "./transports/ssh/settings.ts";
