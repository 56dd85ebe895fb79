// A published file is handed on by a command of the operator's: to a data diode, another queue.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FerryError, printable } from "@siteferry/model";

const deadlineMs = 10 * 60_000;
/** Of what the command prints, for the message. */
const shownMax = 300;

/**
 * Runs `command` without a shell, `{file}` in its arguments standing for `path`, and waits for it.
 * @throws FerryError `link-timeout`, `link-unreachable` if it doesn't end with 0
 */
export async function handOver(command: readonly string[], path: string): Promise<void> {
  const [program = "", ...parameters] = command.map((part) => part.replaceAll("{file}", path));
  const doing = `Handing ${path} over with ${program}`;
  try {
    await promisify(execFile)(program, parameters, { timeout: deadlineMs, killSignal: "SIGKILL" });
  } catch (cause) {
    const { killed, code, stderr, message } = cause as Error & {
      killed?: boolean;
      code?: number | string;
      stderr?: string;
    };
    if (killed === true) {
      const seconds = deadlineMs / 1000;
      throw new FerryError("link-timeout", `${doing} took longer than ${seconds} s`, { cause });
    }
    const said = printable(stderr?.trim() || message, shownMax);
    throw new FerryError("link-unreachable", `${doing} ended with ${code ?? "a signal"}: ${said}`, {
      cause,
    });
  }
}
