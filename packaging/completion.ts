// Completion for bash and fish. What has no choices completes as file names.

import { allCommands, type CommandNode, type OptionNode } from "./command-tree.ts";

export function bashCompletion(tree: CommandNode): string {
  const every = allCommands(tree);
  const paths = every
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `"${words.join(" ")}"`);
  const values = every.flatMap((node) =>
    node.options.filter(takesValue).map((option) => ({ node, option })),
  );
  return `# Completion of siteferry for bash; made from its command line.
_siteferry() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= next index words=
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${command:+$command }\${COMP_WORDS[index]}"
    case "$next" in ${paths.join("|")}) command=$next ;; esac
  done
  case "$command:$previous" in
${values.map(({ node, option }) => `    ${bashValues(node, option)}`).join("\n")}
  esac
  case "$command" in
${every.map((node) => `    "${node.words.join(" ")}") words="${bashWords(node)}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _siteferry siteferry
`;
}

function bashValues({ words }: CommandNode, { names, choices }: OptionNode): string {
  const patterns = names.map((name) => `"${words.join(" ")}:${name}"`).join("|");
  const reply = choices.length === 0 ? "" : `$(compgen -W "${choices.join(" ")}" -- "$current")`;
  return `${patterns}) COMPREPLY=(${reply}); return ;;`;
}

/** Options only after a hyphen where there are file names to complete. */
function bashWords(node: CommandNode): string {
  const { options, commands } = node;
  const flags = options.flatMap(({ names }) => names.filter((name) => name.startsWith("--")));
  const words = commands.map((child) => child.words.at(-1) ?? "");
  return [...words, ...choicesOf(node), ...flags].join(" ");
}

function choicesOf(node: CommandNode): readonly string[] {
  return node.arguments.flatMap(({ choices }) => choices);
}

export function fishCompletion(tree: CommandNode): string {
  const lines = allCommands(tree).flatMap((node) => [
    ...node.commands.map((child) => {
      const word = child.words.at(-1) ?? "";
      return `complete -c siteferry -n ${fishPlace(node)} -f -a ${word} -d ${quoted(child.description)}`;
    }),
    ...choicesOf(node).map((word) => `complete -c siteferry -n ${fishPlace(node)} -f -a ${word}`),
    ...node.options.map((option) => fishOption(node, option)),
  ]);
  return `# Completion of siteferry for fish; made from its command line.\n${lines.join("\n")}\n`;
}

function fishPlace({ words, commands }: CommandNode): string {
  if (words.length === 0) return "__fish_use_subcommand";
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map((child) => child.words.at(-1)).join(" ");
  return quoted(
    [...seen, ...(below === "" ? [] : [`not __fish_seen_subcommand_from ${below}`])].join("; and "),
  );
}

function fishOption(node: CommandNode, option: OptionNode): string {
  const names = option.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const choices = option.choices.length === 0 ? "" : ` -f -a ${quoted(option.choices.join(" "))}`;
  const value = option.takesValue ? ` -r${choices}` : "";
  return `complete -c siteferry -n ${fishPlace(node)} ${names.join(" ")}${value} -d ${quoted(option.description)}`;
}

function takesValue(option: OptionNode): boolean {
  return option.takesValue;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
