// A published file is handed on by a command of the operator's: to a data diode, another queue.

import { FerryError, printable } from "@siteferry/model";
import { runCommand } from "../run-command.ts";

const deadlineMs = 10 * 60_000;
/** Of what the command prints, for the message. */
const shownMax = 300;

/**
 * Runs `command` without a shell, `{file}` in its arguments standing for `path`, and waits for it.
 * @throws FerryError `link-timeout`, `link-unreachable` if it doesn't end with 0, `system-error`
 */
export async function handOver(command: readonly string[], path: string): Promise<void> {
  const words = command.map((part) => part.replaceAll("{file}", path));
  const what = `Handing ${path} over with ${words[0] ?? ""}`;
  const { status, signal, complaint } = await runCommand(words, { what, limitMs: deadlineMs });
  if (status === 0) return;
  const said = printable(complaint.trim(), shownMax);
  throw new FerryError("link-unreachable", `${what} ended with ${status ?? signal}: ${said}`);
}
