// siteferry init: a commented configuration from a few questions or flags, the keys, and the line that
// belongs to the other side. Nothing that is there is overwritten.

import type { Agent } from "../agent-options.ts";
import { explainClosed } from "../closed-directory.ts";
import type { Ask, InitOptions } from "../init/first-files.ts";
import { isTerminal, openQuestions } from "../questions.ts";

export async function runInit(agent: Agent, options: InitOptions): Promise<number> {
  await using questions = openQuestions(isTerminal() && !options.yes);
  const ask: Ask = async (given, question, usual) =>
    given ?? (await questions.ask(question, await usual()));
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
