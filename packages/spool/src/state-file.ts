// Small durable state: a file that is replaced as a whole, with its length and hash in the first
// line and the generation before beside it. A damaged or torn file is noticed, never believed.

import { createHash } from "node:crypto";
import {
  FerryError,
  type FileSystem,
  limits,
  printable,
  type Random,
  systemCode,
} from "@siteferry/model";
import { temporaryName } from "./publish.ts";

/** What was read, and whether it is what was written last or only the generation before. */
export interface State {
  readonly content: Uint8Array;
  readonly generation: "current" | "previous";
}

/** Replaces `directory`/`name`. When it returns, the new content is durable. */
export async function replaceState(
  files: FileSystem,
  random: Random,
  directory: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const path = `${directory}/${name}`;
  const temporary = `${directory}/${temporaryName(random, name)}`;
  await files.writeNew(temporary, Buffer.concat([head(content), content]), 0o600);
  await keepPrevious(files, path);
  await files.rename(temporary, path);
  await files.syncDirectory(directory);
}

/**
 * The last content that was made durable; null if there never was any.
 * @throws FerryError `spool-damaged` if there was some and both generations are unreadable.
 */
export async function readState(
  files: FileSystem,
  directory: string,
  name: string,
): Promise<State | null> {
  const path = `${directory}/${name}`;
  const current = await readGeneration(files, path);
  if (current instanceof Uint8Array) return { content: current, generation: "current" };
  const previous = await readGeneration(files, previousOf(path));
  if (previous instanceof Uint8Array) return { content: previous, generation: "previous" };
  if (current === "missing" && previous === "missing") return null;
  throw new FerryError("spool-damaged", `${printable(path)} is damaged, and so is its predecessor`);
}

/** For `.catch`, where damaged state is as good as none. */
export function damagedIsNull(error: unknown): null {
  if (error instanceof FerryError && error.code === "spool-damaged") return null;
  throw error;
}

async function keepPrevious(files: FileSystem, path: string): Promise<void> {
  await files.unlink(previousOf(path));
  await files.link(path, previousOf(path)).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
  });
}

function previousOf(path: string): string {
  return `${path}.previous`;
}

function head(content: Uint8Array): Uint8Array {
  const hash = createHash("sha256").update(content).digest("hex");
  return Buffer.from(`siteferry-state 1 ${content.length} ${hash}\n`);
}

async function readGeneration(
  files: FileSystem,
  path: string,
): Promise<Uint8Array | "missing" | "damaged"> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path, limits.stateBytesMax, { trusted: true });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "missing";
    throw error;
  }
  const end = bytes.indexOf(0x0a) + 1;
  const content = bytes.subarray(end);
  return Buffer.compare(bytes.subarray(0, end), head(content)) === 0 ? content : "damaged";
}
