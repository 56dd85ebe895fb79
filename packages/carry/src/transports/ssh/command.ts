// The operator's own command in place of ssh2, such as `ssh central` with all that ~/.ssh/config says:
// the bundle on its standard input, the receipt on its standard output.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { FerryError, printable } from "@siteferry/model";
import { type Ending, judge, listenTo } from "./answer.ts";
import { stepMs } from "./limits.ts";

export interface SshCommand {
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  /** How long it may go without taking or saying anything. */
  readonly timeoutMs: number;
}

const pieceBytes = 64 * 1024;

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
  content: Uint8Array,
): Promise<Uint8Array | null> {
  const place = placeOfCommand(settings);
  const ending = await run(place, settings, content);
  if (ending.status !== notThrough) return judge(place, ending);
  throw new FerryError("link-unreachable", `${place}: ${printable(ending.complaint.trim(), 400)}`);
}

async function run(
  place: string,
  { command: [program = "", ...words], timeoutMs }: SshCommand,
  content: Uint8Array,
): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const child = spawn(program, words, { stdio: "pipe" });
  const heard = listenTo(child.stdout, child.stderr);
  const late = (reason: string) => () => {
    reject(
      new FerryError("link-timeout", `${place}: ${reason}${printable(heard().complaint, 200)}`),
    );
  };
  const silence = setTimeout(late(`nothing moved for ${timeoutMs} ms. `), timeoutMs);
  const limitMs = stepMs(timeoutMs, content.length);
  const limit = setTimeout(late(`not done in ${limitMs} ms. `), limitMs);
  child.once("close", (status, signal) => resolve({ status, signal, ...heard() }));
  child.once("error", (cause) => {
    reject(new FerryError("system-error", `${place}: ${printable(cause.message)}`, { cause }));
  });
  child.stdout.on("data", () => silence.refresh());
  void feed(child, content, () => silence.refresh());
  try {
    return await promise;
  } finally {
    clearTimeout(silence);
    clearTimeout(limit);
    end(child);
  }
}

/** Piece by piece, to see it move. A child that ends early says why by its status. */
async function feed(
  { stdin }: ChildProcessWithoutNullStreams,
  content: Uint8Array,
  moved: () => void,
): Promise<void> {
  stdin.on("error", () => {});
  for (let at = 0; at < content.length && !stdin.destroyed; at += pieceBytes) {
    const { promise, resolve } = Promise.withResolvers<void>();
    stdin.write(content.subarray(at, at + pieceBytes), () => resolve());
    await promise;
    moved();
  }
  stdin.end();
}

/** Also when one of its own children still holds the pipes. */
function end(child: ChildProcessWithoutNullStreams): void {
  child.kill("SIGKILL");
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
}
