// Completion for zsh: a function for each command, of zsh's own `_arguments`.

import { allCommands, type CommandNode, type OptionNode } from "./command-tree.ts";

export function zshCompletion(tree: CommandNode): string {
  return `#compdef siteferry
# Completion of siteferry for zsh; made from its command line.
${allCommands(tree).map(commandFunction).join("")}
_siteferry "$@"
`;
}

function commandFunction(node: CommandNode): string {
  return node.commands.length === 0 ? leaf(node) : parent(node);
}

function leaf(node: CommandNode): string {
  const specs = [...node.options.flatMap(optionSpecs), ...argumentSpecs(node)];
  return `
${functionOf(node)}() {
  _arguments -s ${specs.map((spec) => `\\\n    ${spec}`).join(" ")}
}
`;
}

/** Its first word is the name of a command, and what follows is that one's. */
function parent(node: CommandNode): string {
  const names = node.commands.map(nameOf);
  const described = node.commands.map((child) =>
    quoted(`${nameOf(child)}:${child.description.replaceAll(/[\\:]/g, "\\$&")}`),
  );
  return `
${functionOf(node)}() {
  local context state state_descr line curcontext=$curcontext
  typeset -A opt_args
  local -a commands=(
    ${described.join("\n    ")}
  )
  _arguments -C ${node.options
    .flatMap(optionSpecs)
    .map((spec) => `\\\n    ${spec}`)
    .join(" ")} \\\n    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest) case $words[1] in (${names.join("|")}) ${functionOf(node)}_$words[1] ;; esac ;;
  esac
}
`;
}

function functionOf({ words }: CommandNode): string {
  return ["_siteferry", ...words].join("_");
}

function nameOf({ words }: CommandNode): string {
  return words.at(-1) ?? "";
}

/** One a name; a long one takes its value after a blank or an equals sign. */
function optionSpecs({ names, flags, takesValue, choices, description }: OptionNode): string[] {
  const said = `[${description.replaceAll(/[\\[\]]/g, "\\$&")}]`;
  const [, isOptional, metavar = ""] = /([<[])([\w-]+)[\]>]/.exec(flags) ?? [];
  const value = takesValue ? `:${isOptional === "[" ? ":" : ""}${valueOf(metavar, choices)}` : "";
  return names.map((name) => {
    const sign = !takesValue ? "" : name.startsWith("--") ? "=" : "+";
    return quoted(`${name}${sign}${said}${value}`);
  });
}

function argumentSpecs({ arguments: parameters }: CommandNode): string[] {
  return parameters.map(({ flags, choices }) => {
    const [, bracket, name = "", isMany] = /^([<[])([\w-]+)(\.\.\.)?/.exec(flags) ?? [];
    const place = isMany === undefined ? (bracket === "[" ? "::" : ":") : "*:";
    return quoted(`${place}${valueOf(name, choices)}`);
  });
}

/** What it is called, and what it may be; of what siteferry can't know, nothing is offered. */
function valueOf(name: string, choices: readonly string[]): string {
  const files = { file: "_files", directory: "_files -/" } as Readonly<Record<string, string>>;
  return `${name}:${choices.length > 0 ? `(${choices.join(" ")})` : (files[name] ?? " ")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
