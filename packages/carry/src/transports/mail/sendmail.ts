// Hands messages to the machine's own mail program: postfix, exim, msmtp and others bring a `sendmail`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { FerryError, printable } from "@siteferry/model";
import type { Envelope } from "./compose.ts";
import { within } from "./within.ts";

/** sysexits(3): EX_TEMPFAIL */
const tryAgain = 75;
const complaintBytesMax = 4096;
const runMsMax = 5 * 60_000;

/** @param command The program and its options; sender and recipient are added. */
export async function pipeToSendmail(
  command: readonly string[],
  { from, to }: Envelope,
  message: Buffer,
): Promise<void> {
  const [program = "", ...options] = command;
  const child = spawn(program, [...options, "-f", from, "--", to], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint = (complaint + data.toString("latin1")).slice(0, complaintBytesMax);
  });
  // A program that ends before it has read all says why by its status.
  child.stdin.on("error", () => {});
  // It is a program of Unix: lines end with a line feed alone.
  child.stdin.end(Buffer.from(message.toString("latin1").replaceAll("\r\n", "\n"), "latin1"));
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const what = `Sending through ${printable(program)}`;
  const [status, signal] = await within(runMsMax, what, ended, () => child.kill("SIGKILL"));
  if (status === 0) return;
  const how = signal === null ? `exit status ${status}` : `ended by ${signal}`;
  const said = printable(complaint.trim(), 300);
  throw new FerryError(
    status === tryAgain ? "link-unreachable" : "link-protocol",
    `${what}: ${how}${said === "" ? "" : `: ${said}`}`,
  );
}
