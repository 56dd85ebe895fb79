// Questions on a terminal; without one, or with --yes, what is usual is taken.

import { createInterface } from "node:readline/promises";

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
  return {
    async ask(question, usual) {
      const answer = await terminal.question(`${question} [${usual}]: `);
      return answer.trim() || usual;
    },
    async confirm(question) {
      return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N]: `)).trim());
    },
    [Symbol.asyncDispose]: async () => terminal.close(),
  };
}

/** A terminal at both ends. */
export function isTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}
