// What `siteferry init` makes at either side: its options, files that nobody has yet, keys.

import { randomBytes } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import { realProbes } from "@siteferry/agent";
import { generateKey } from "@siteferry/bundle";
import { FerryError, printable } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";

/** What belongs to both sides. */
export interface InitOptions {
  readonly config?: string;
  readonly centre?: string;
  readonly link?: string;
  readonly spool?: string;
  readonly yes: boolean;
  /** The shell script that was called, if one was. */
  readonly script?: string | undefined;
  /** Of a sender. */
  readonly site?: string;
  readonly livestatus?: string;
  /** Of a receiver. */
  readonly core?: string;
  readonly coreConfig?: string;
  readonly objects?: string;
  readonly icinga2Url?: string;
  readonly serverName?: string;
  readonly ca?: string;
  readonly password?: string;
}

/** What is asked for, by the name of its flag. */
export type Answer = Exclude<keyof InitOptions, "config" | "yes" | "script">;

/**
 * A flag that was given, or the answer of whoever is asked: one that `attempt` doesn't throw at.
 * @throws FerryError `usage-wrong` where nobody can be asked again
 */
export type Ask = (
  name: Answer,
  question: string,
  usual: () => string | Promise<string>,
  attempt: (answer: string) => unknown,
) => Promise<string>;

/** Where the settings lie with which an answer is tried. */
export const triedPath = "/settings";

/** @throws FerryError `name-taken` if one of them is there */
export async function refuseExisting(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await nodeFiles.status(path)) === null) continue;
    const problem = `${printable(path)} exists; nothing that is there is overwritten`;
    const advice = "Edit it; or move it away, with the keys beside it, and run init again.";
    throw new FerryError("name-taken", problem, { advice });
  }
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

interface NewKey {
  readonly files: readonly NewFile[];
  readonly publicLine: string;
}

/** Makes the files, the settings last: without them nothing of it counts. */
export async function writeFiles(files: readonly NewFile[]): Promise<void> {
  for (const { path, text, mode } of files) {
    await nodeFiles.makeDirectory(dirname(path), 0o750);
    await nodeFiles.writeNew(path, Buffer.from(text), mode);
    await nodeFiles.syncDirectory(dirname(path));
  }
}

/** A new key, as the two files of it; and its public line. */
export async function newKey(path: string, comment: string): Promise<NewKey> {
  const { privateKey, publicLine } = await generateKey(comment);
  const files = [
    { path, text: privateKey, mode: 0o600 },
    { path: `${path}.pub`, text: `${publicLine}\n`, mode: 0o644 },
  ];
  return { files, publicLine };
}

export function newToken(): string {
  return randomBytes(32).toString("hex");
}

export function configFlag(path: string, agent: "sender" | "receiver"): string {
  return path === `/etc/siteferry/${agent}.yaml` ? "" : ` --config ${path}`;
}

/** What runs it from then on: the whole path of what was called, since cron has a short PATH. */
export function runNotes(verb: "send" | "receive", path: string, script = ""): string {
  const { execPath, argv } = process;
  const isWhole = basename(execPath).startsWith("siteferry");
  const program = script.includes("/")
    ? resolve(script)
    : isWhole
      ? execPath
      : `${execPath} ${argv[1]}`;
  const config = configFlag(path, verb === "send" ? "sender" : "receiver");
  return `
When all is well, one of the two, not both. A line in /etc/cron.d/siteferry:

  * * * * * ${realProbes().user.name} ${program} ${verb} --once --log-level warn${config}

Or the daemon of a package, whose unit says as which user: systemctl enable --now siteferry-${verb}
`;
}

/** Where siteferry runs as root, root alone can read what it makes. */
export function userNote(): string {
  return process.getuid?.() === 0
    ? "\nThis ran as root, and all of it is root's. Let siteferry run as the core's user: remove what was made and\nrun init again with runuser -u USER -- siteferry init …\n"
    : "";
}
