// The command line as data, out of commander's own description: what manual page and completion are
// made of, so that neither can say what the program doesn't.

import { allCodes } from "@siteferry/cli/codes";
import { commandLine } from "@siteferry/cli/main";

/** commander's class. */
type Command = ReturnType<typeof commandLine>;

export interface CommandNode {
  /** After `siteferry`: [] for the program itself, `["quarantine", "list"]`. */
  readonly words: readonly string[];
  readonly description: string;
  readonly arguments: readonly ArgumentNode[];
  readonly options: readonly OptionNode[];
  readonly commands: readonly CommandNode[];
}

interface ArgumentNode {
  /** `<file>`, `[site]`, `<words...>`. */
  readonly flags: string;
  readonly choices: readonly string[];
}

export interface OptionNode {
  /** `-c, --config <file>`. */
  readonly flags: string;
  /** `-c` and `--config`, or one of them. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly description: string;
  /** As the help shows it; null if there is none. */
  readonly defaultValue: string | null;
}

export function commandTree(): CommandNode {
  return nodeOf(
    commandLine(() => {}),
    [],
  );
}

/** Every command, parents before children. */
export function allCommands(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

function nodeOf(command: Command, words: readonly string[]): CommandNode {
  const help = command.createHelp();
  return {
    words,
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => {
      const shown = `${argument.name()}${argument.variadic ? "..." : ""}`;
      return {
        flags: argument.required ? `<${shown}>` : `[${shown}]`,
        // Codes are too many for the help.
        choices: shown === "code" ? allCodes : (argument.argChoices ?? []),
      };
    }),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
      description: option.description,
      defaultValue: shownDefault(option.defaultValue),
    })),
    commands: command.commands.map((child) => nodeOf(child, [...words, child.name()])),
  };
}

function shownDefault(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}
