// How the last run ended, for who looks at the sender from beside: when something was really sealed and
// published, and why nothing was.

import {
  type ErrorKind,
  type FileSystem,
  errorFields,
  explain,
  printable,
  type World,
} from "@siteferry/model";
import { damagedIsNull, readState, replaceState } from "@siteferry/spool";
import type { Problem } from "./links.ts";

export interface LastRun {
  /** When something was sealed and published last, milliseconds since 1970; null: never. */
  readonly sealedMs: number | null;
  /** Why the last run sealed nothing; null if it did. */
  readonly failure: (Problem & { readonly kind: ErrorKind }) | null;
}

const stateName = "last-run";
const nothing: LastRun = { sealedMs: null, failure: null };
const messageCharactersMax = 400;

/** @param directory the sender's `state`. */
export async function loadLastRun(files: FileSystem, directory: string): Promise<LastRun> {
  const state = await readState(files, directory, stateName).catch(damagedIsNull);
  return state === null
    ? nothing
    : (JSON.parse(new TextDecoder().decode(state.content)) as LastRun);
}

export async function rememberSealed(world: World, directory: string): Promise<void> {
  await save(world, directory, { sealedMs: world.clock.now(), failure: null });
}

/** What can't be written, on a full disk say, mustn't hide `error`: it is only logged. */
export async function rememberFailure(
  world: World,
  directory: string,
  error: unknown,
): Promise<void> {
  const { code, kind, message } = explain(error, "Sending");
  const failure = {
    code,
    kind,
    message: printable(message, messageCharactersMax),
    atMs: world.clock.now(),
  };
  try {
    await world.files.makeDirectory(directory, 0o700);
    await save(world, directory, { ...(await loadLastRun(world.files, directory)), failure });
  } catch (unwritten) {
    const problem = explain(unwritten, "Remembering a failed run");
    world.log.warn(errorFields(problem), problem.message);
  }
}

async function save({ files, random }: World, directory: string, last: LastRun): Promise<void> {
  await replaceState(files, random, directory, stateName, Buffer.from(JSON.stringify(last)));
}
