// What a mail server pipes in goes into a Maildir of the receiver's own, which each run looks into:
// parts of a bundle come one by one, each in a process of its own.

import { realWorld } from "@siteferry/agent";
import { FerryError, limits, type Log } from "@siteferry/model";
import type { ReceiverSettings } from "../settings.ts";
import { pipedMailDirectory } from "../transports/piped-mail.ts";
import { inputPatience, readInput } from "./read-input.ts";
import { freeSpaceOf } from "./real-doorway.ts";

/**
 * Takes one message from `input`. When it returns, the message is durable.
 * @throws FerryError `file-unsuitable` or `bundle-too-large` for a message that will never be taken;
 *   with any other it shall come again.
 */
export async function receiveMail(
  settings: ReceiverSettings,
  log: Log,
  input: NodeJS.ReadStream,
): Promise<void> {
  const { deliverToMaildir, messageBytesMax } = await import("@siteferry/carry");
  const { files, random } = realWorld(log);
  const spool = `${settings.spool}/receiver`;
  await files.makeDirectory(spool, 0o700);
  const message = await readInput(input, { ...inputPatience, bytesMax: messageBytesMax });
  if ((await freeSpaceOf(spool)) < limits.freeSpaceMin) {
    throw new FerryError("disk-nearly-full", `The disk of ${spool} is nearly full`);
  }
  await deliverToMaildir(files, random, `${spool}/${pipedMailDirectory}`, message);
}
