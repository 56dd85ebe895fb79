// Delivery into a Maildir, for the pipe: what stands between a mail server and the receiver's run.

import { type Clock, FerryError, type FileSystem, printable, type Random } from "@siteferry/model";
import { messageBytesMax, pipedLettersMax } from "./mail-limits.ts";
import { makeMaildir } from "./maildir.ts";
import { readHead } from "./parse.ts";

/**
 * Puts a message into the Maildir, which is made if it is missing. When it returns, the message is
 * durable.
 * @throws FerryError `file-unsuitable` for mail that isn't ours or is too large: the mail server shall
 *   give it back, or go on with it. `receiver-busy` if too much waits.
 */
export async function deliverToMaildir(
  files: FileSystem,
  random: Random,
  dir: string,
  message: Uint8Array,
): Promise<void> {
  if (message.length > messageBytesMax) {
    throw new FerryError("file-unsuitable", `The message has over ${messageBytesMax} bytes`);
  }
  const letter = withoutEnvelopeLine(message);
  if ((await readHead(letter)) === null) {
    throw new FerryError("file-unsuitable", "The message is none of siteferry's");
  }
  await makeMaildir(files, dir);
  const directory = `${dir}/new`;
  const waiting = (await files.list(directory)).length;
  if (waiting >= pipedLettersMax) {
    const where = printable(directory, 200);
    throw new FerryError(
      "receiver-busy",
      `${where}: ${waiting} messages wait; does a receiver run?`,
    );
  }
  // No time in the name: the file's own is what counts.
  const name = `${Buffer.from(random.bytes(16)).toString("hex")}.siteferry`;
  // By rename: nothing of this name is there, and a linked file has two names for a moment.
  await files.writeNew(`${dir}/tmp/${name}`, letter, 0o600);
  await files.rename(`${dir}/tmp/${name}`, `${directory}/${name}`);
  await files.syncDirectory(directory);
}

/** What an interrupted delivery left is swept after this, as the Maildir convention has it. */
const leftoverMs = 36 * 3_600_000;

/** Makes the Maildir if it is missing, and sweeps it. */
export async function prepareDeliveries(
  { files, clock }: { readonly files: FileSystem; readonly clock: Clock },
  dir: string,
): Promise<void> {
  await makeMaildir(files, dir);
  for (const name of await files.list(`${dir}/tmp`)) {
    const status = await files.status(`${dir}/tmp/${name}`);
    const ageMs = clock.now() - (status?.modifiedMs ?? clock.now());
    if (ageMs > leftoverMs) await files.unlink(`${dir}/tmp/${name}`);
  }
}

/** Some mail servers put mbox's `From ` line before what they pipe. */
export function withoutEnvelopeLine(message: Uint8Array): Uint8Array {
  const isThere = Buffer.from(message.subarray(0, 5)).toString("latin1") === "From ";
  return isThere ? message.subarray(message.indexOf(0x0a) + 1) : message;
}
