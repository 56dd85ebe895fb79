// siteferry init: a commented configuration from a few questions or flags, the keys, and the line that
// belongs to the other side. Nothing that is there is overwritten.

import { explain, FerryError, printable } from "@siteferry/model";
import type { Agent } from "../agent-options.ts";
import { explainClosed } from "../closed-directory.ts";
import { type Answer, type Ask, type InitOptions, triedPath } from "../init/first-files.ts";
import { isTerminal, openQuestions } from "../questions.ts";

export async function runInit(agent: Agent, options: InitOptions): Promise<number> {
  if (options.config?.startsWith("/") === false) {
    throw new FerryError("usage-wrong", "--config: not an absolute path: keys are named beside it");
  }
  const isAsking = isTerminal() && !options.yes;
  await using questions = openQuestions(isAsking);
  const ask: Ask = async (name, question, usual, attempt) => {
    const given = options[name];
    for (;;) {
      const answer = given ?? (await questions.ask(question, await usual()));
      const problem = await problemOf(attempt, answer);
      if (problem === null) return answer;
      if (given !== undefined || !isAsking) {
        throw new FerryError("usage-wrong", `${flagOf(name)}: ${problem}`);
      }
      process.stdout.write(`${problem}\n`);
    }
  };
  const { initSender } = await import("../init/sender.ts");
  const { initReceiver } = await import("../init/receiver.ts");
  const making = (agent === "sender" ? initSender : initReceiver)(options, ask);
  const notes = await making.catch(async (error: unknown) => {
    throw await explainClosed(
      error,
      (directory, user) => `As root: install -d -o ${user} -m 750 ${directory}`,
    );
  });
  process.stdout.write(notes);
  return 0;
}

/** Why an answer can't be taken, without the line of a file that nobody has. */
async function problemOf(
  attempt: (answer: string) => unknown,
  answer: string,
): Promise<string | null> {
  try {
    await attempt(answer);
    return null;
  } catch (error) {
    const { message } = explain(error, printable(answer));
    return printable(message.replace(new RegExp(`^${triedPath}:\\d+: [\\w.]+: `), ""), 400);
  }
}

/** `coreConfig`: `--core-config`. */
function flagOf(name: Answer): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
