// Questions on a terminal; without one, or with --yes, what is usual is taken.

import { createInterface } from "node:readline/promises";
import { FerryError, systemCode } from "@siteferry/model";

export interface Questions extends AsyncDisposable {
  /** The answer, or `usual` for an empty one. */
  ask(question: string, usual: string): Promise<string>;
  /** Whether to go on; true where nobody is asked. */
  confirm(question: string): Promise<boolean>;
}

export function openQuestions(isAsking: boolean): Questions {
  if (!isAsking) {
    return {
      ask: async (_question, usual) => usual,
      confirm: async () => true,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answerTo = async (text: string): Promise<string> =>
    (await terminal.question(text).catch(whenGivenUp)).trim();
  return {
    ask: async (question, usual) => (await answerTo(`${question} [${usual}]: `)) || usual,
    confirm: async (question) => /^y(?:es)?$/i.test(await answerTo(`${question} [y/N]: `)),
    [Symbol.asyncDispose]: async () => terminal.close(),
  };
}

/** Ctrl+D or Ctrl+C. */
function whenGivenUp(error: unknown): never {
  if (systemCode(error) !== "ABORT_ERR") throw error;
  throw new FerryError("usage-wrong", "No answer: nothing was done", {
    advice: "Answer the questions, or give the flags that --help shows, with --yes.",
  });
}

/** A terminal at both ends. */
export function isTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}
