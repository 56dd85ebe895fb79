// Completion in the real shells: what is offered for words that somebody has typed so far.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { commandTree } from "../../packaging/command-tree.ts";
import { bashCompletion, fishCompletion } from "../../packaging/completion.ts";
import { zshCompletion } from "../../packaging/zsh-completion.ts";

/** What stands in the directory where it completes. */
const files = ["notes.yaml", "other.yaml"];

interface Shell {
  /** The file that is made for it. */
  readonly name: string;
  readonly text: string;
  offer(directory: string, typed: string): Promise<readonly string[]>;
}

const tree = commandTree();
const shells: Readonly<Record<string, Shell>> = {
  bash: { name: "siteferry", text: bashCompletion(tree), offer: offerOfBash },
  fish: { name: "siteferry.fish", text: fishCompletion(tree), offer: offerOfFish },
  zsh: { name: "_siteferry", text: zshCompletion(tree), offer: offerOfZsh },
};

async function offerOfBash(directory: string, typed: string): Promise<readonly string[]> {
  const words = typed.split(" ").map((word) => `'${word}'`);
  const script = `. ./siteferry; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}
_siteferry; printf '%s\n' "\${COMPREPLY[@]}"`;
  return outputOf(directory, "bash", ["-c", script]);
}

async function offerOfFish(directory: string, typed: string): Promise<readonly string[]> {
  const script = `source siteferry.fish; complete -C '${typed}'`;
  const lines = outputOf(directory, "fish", ["--no-config", "-c", script]);
  return lines.map((line) => line.split("\t")[0]!);
}

/** zsh completes only on a terminal. It says where it is, and prints each match. */
const zshSettings = `PS1=
fpath=($PWD $fpath)
autoload -Uz compinit
compinit -u -D
bindkey '^I' complete-word
zle-line-init() { print READY }
zle -N zle-line-init
compadd() {
  [[ "$*" == (* |)-[OAD]* ]] && { builtin compadd "$@"; return }
  local -a found
  builtin compadd -O found "$@"
  for one in $found; do print "FOUND $one"; done
  builtin compadd "$@"
}
leave() { exit }
comppostfuncs=(leave)
`;

async function offerOfZsh(directory: string, typed: string): Promise<readonly string[]> {
  await writeFile(`${directory}/.zshrc`, zshSettings);
  const { PATH = "" } = process.env;
  const terminal = spawn("script", ["-qec", "zsh -i", "/dev/null"], {
    cwd: directory,
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH, ZDOTDIR: directory, TERM: "xterm", SHELL: "/bin/sh", HOME: directory },
    timeout: 60_000,
  });
  let shown = "";
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    const isReady = shown.includes("READY");
    shown += text;
    if (!isReady && shown.includes("READY")) terminal.stdin.write(`${typed}\t`);
  });
  await once(terminal, "close");
  return Array.from(shown.matchAll(/FOUND (\S+)/g), ([, match]) => match!);
}

function outputOf(directory: string, command: string, words: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(command, words, { cwd: directory, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

const missing = missingFor("shells");

describe.each(Object.keys(shells))("%s", (kind) => {
  const { name, text, offer } = shells[kind]!;

  test.skipIf(kind !== "bash" && missing !== null)("knows verbs, flags and values", async () => {
    await using directory = await makeTemporaryDirectory("completion");
    const { path } = directory;
    await writeFile(`${path}/${name}`, text);
    for (const file of files) await writeFile(`${path}/${file}`, "");
    expect(await offer(path, "siteferry ")).toEqual(
      expect.arrayContaining(["send", "receive", "quarantine", "explain"]),
    );
    expect((await offer(path, "siteferry quarantine ")).toSorted()).toEqual(
      expect.arrayContaining(["drop", "list", "release", "show"]),
    );
    expect(await offer(path, "siteferry send --on")).toEqual(["--once"]);
    expect(await offer(path, "siteferry quarantine list --js")).toEqual(["--json"]);
    expect((await offer(path, "siteferry receive --format ")).toSorted()).toEqual([
      "bundle",
      "livedump",
    ]);
    for (const verb of ["doctor", "init"]) {
      expect(await offer(path, `siteferry ${verb} rec`)).toEqual(["receiver"]);
    }
    expect(await offer(path, "siteferry explain key-unk")).toEqual(["key-unknown"]);
    if (kind === "bash") return;
    expect(await offer(path, "siteferry send --config ")).toEqual(expect.arrayContaining(files));
    expect(await offer(path, "siteferry receive -c no")).toEqual(["notes.yaml"]);
  });
});
