// A Maildir as a mailbox: whatever delivers mail here does so by renaming into new/, and readers of
// mail move it to cur/. Letters go by unlink, or by rename into another Maildir.

import {
  errorFields,
  explain,
  FerryError,
  type FileSystem,
  type Log,
  printable,
  systemCode,
} from "@siteferry/model";
import { messageBytesMax } from "./mail-limits.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import { readHead, type ReadHead } from "./parse.ts";
import { type Found, SeenLetters } from "./seen-letters.ts";
import { watchMaildir } from "./watch-maildir.ts";

export interface MaildirOptions {
  /** An existing Maildir: with `new` and `cur`. */
  readonly dir: string;
  /** Maildirs on the same file system, made if missing; without them such letters are deleted. */
  readonly done: string | null;
  readonly refused: string | null;
  /** Which messages are letters; by default those with our marks. */
  readonly readHead?: ReadHead;
  readonly log?: Pick<Log, "warn">;
}

const folders = ["new", "cur"] as const;

interface Message extends Found {
  readonly receivedMs: number;
}

/** Letters are called `new/NAME` or `cur/NAME:2,FLAGS`. */
export function maildir(files: FileSystem, options: MaildirOptions): Mailbox {
  const { dir, readHead: head = readHead, log, ...outcomes } = options;
  const seen = new SeenLetters();
  let stopWatching = async (): Promise<void> => {};
  /** One message that this user may not read, or that is no plain file, mustn't keep the others waiting. */
  const letterOf = async (message: Message): Promise<Letter | null> => {
    try {
      return await look(files, dir, message, head);
    } catch (error) {
      if (!(error instanceof FerryError) && systemCode(error) !== "EACCES") throw error;
      const failure = explain(error, `Reading ${printable(message.id, 300)}`);
      log?.warn(
        errorFields(failure),
        `A message in ${printable(dir, 200)} can't be read and stays`,
      );
      return null;
    }
  };
  return {
    name: printable(dir, 200),
    async list() {
      const present: Message[] = [];
      for (const folder of folders) present.push(...(await listFolder(files, dir, folder)));
      present.sort((one, other) => other.receivedMs - one.receivedMs);
      const byId = new Map(present.map((message) => [message.id, message]));
      return await seen.among(present, async (ids) => {
        const letters: (Letter | null)[] = [];
        for (const id of ids) letters.push(await letterOf(byId.get(id)!));
        return letters;
      });
    },
    async read({ id }) {
      return await files.read(`${dir}/${id}`, messageBytesMax).catch(unlessGone);
    },
    async settle(letters, outcome) {
      const target = outcomes[outcome];
      for (const { id } of letters) {
        if (target === null) await files.unlink(`${dir}/${id}`);
        else await move(files, dir, id, target);
      }
      for (const folder of folders) await files.syncDirectory(`${dir}/${folder}`);
    },
    async watch(wake) {
      stopWatching = await watchMaildir(dir, wake);
    },
    async close() {
      await stopWatching();
    },
  };
}

/** Does nothing where there is one. */
export async function makeMaildir(files: FileSystem, dir: string): Promise<void> {
  for (const folder of ["tmp", ...folders]) await files.makeDirectory(`${dir}/${folder}`, 0o700);
}

async function listFolder(
  files: FileSystem,
  dir: string,
  folder: string,
): Promise<readonly Message[]> {
  const found = [];
  for (const name of await files.list(`${dir}/${folder}`)) {
    const id = `${folder}/${name}`;
    const status = name.startsWith(".") ? null : await files.status(`${dir}/${id}`);
    // Two names: it is just being delivered.
    if (status?.kind !== "file" || status.links !== 1 || status.sizeBytes > messageBytesMax)
      continue;
    found.push({ id, costBytes: status.sizeBytes, receivedMs: status.modifiedMs });
  }
  return found;
}

async function look(
  files: FileSystem,
  dir: string,
  { id, costBytes, receivedMs }: Message,
  head: ReadHead,
): Promise<Letter | null> {
  const message = await files.read(`${dir}/${id}`, messageBytesMax).catch(unlessGone);
  const part = message === null ? null : await head(message);
  return part === null ? null : { id, sizeBytes: costBytes, receivedMs, part };
}

/** Into the folder of the same name. Names in Maildirs are unique wherever they were made. */
async function move(files: FileSystem, dir: string, id: string, target: string): Promise<void> {
  await makeMaildir(files, target);
  const isThere = (await files.status(`${dir}/${id}`)) !== null;
  if (isThere) await files.rename(`${dir}/${id}`, `${target}/${id}`);
  for (const folder of folders) await files.syncDirectory(`${target}/${folder}`);
}

/** A reader of mail may have renamed it just now: the next pass finds it. */
function unlessGone(error: unknown): null {
  if (systemCode(error) !== "ENOENT") throw error;
  return null;
}
