// Hands messages to the machine's own mail program: postfix, exim, msmtp and others bring a `sendmail`.

import { FerryError, printable } from "@siteferry/model";
import { runCommand } from "../run-command.ts";
import type { Envelope } from "./compose.ts";

/** sysexits(3): EX_TEMPFAIL */
const tryAgain = 75;
const runMsMax = 5 * 60_000;

/** @param command The program and its options; sender and recipient are added. */
export async function pipeToSendmail(
  command: readonly string[],
  { from, to }: Envelope,
  message: Buffer,
): Promise<void> {
  const what = `Sending through ${printable(command[0] ?? "")}`;
  const { status, signal, complaint } = await runCommand([...command, "-f", from, "--", to], {
    what,
    // It is a program of Unix: lines end with a line feed alone.
    input: Buffer.from(message.toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
    limitMs: runMsMax,
  });
  if (status === 0) return;
  const how = signal === null ? `exit status ${status}` : `ended by ${signal}`;
  const said = printable(complaint.trim(), 300);
  throw new FerryError(
    status === tryAgain ? "link-unreachable" : "link-protocol",
    `${what}: ${how}${said === "" ? "" : `: ${said}`}`,
  );
}
