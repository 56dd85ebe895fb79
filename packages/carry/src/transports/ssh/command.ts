// The operator's own command in place of ssh2, such as `ssh central` with all that ~/.ssh/config says:
// the bundle on its standard input, the receipt on its standard output.

import { FerryError, printable } from "@siteferry/model";
import type { OutgoingBundle } from "../../transport.ts";
import { runCommand } from "../run-command.ts";
import { judge } from "./answer.ts";
import { stepMs } from "./limits.ts";

export interface SshCommand {
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  /** How long it may go without taking or saying anything. */
  readonly timeoutMs: number;
}

/** So ssh says that it didn't get through, with its reason on standard error: ssh(1), EXIT STATUS. */
const notThrough = 255;

export function placeOfCommand({ command }: SshCommand): string {
  return printable(command.join(" "), 120);
}

/**
 * Returns the receipt.
 * @throws FerryError `receiver-busy`, `centre-refused`, `link-…`
 */
export async function sendByCommand(
  settings: SshCommand,
  { content, onSent }: OutgoingBundle,
): Promise<Uint8Array | null> {
  const place = placeOfCommand(settings);
  const { command, timeoutMs } = settings;
  const ending = await runCommand(command, {
    what: place,
    input: content,
    onSent,
    limitMs: stepMs(timeoutMs, content.length),
    silenceMs: timeoutMs,
  });
  if (ending.status !== notThrough) return judge(place, ending);
  throw new FerryError("link-unreachable", `${place}: ${printable(ending.complaint.trim(), 400)}`);
}
