// A core's command file: a FIFO that the core reads and anybody in its group may write.

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { FerryError, printable, systemCode } from "@siteferry/model";

/** Linux: a write of at most so many bytes is whole or isn't, and nobody's else comes between. pipe(7) */
export const pieceBytesMax = 4096;

export interface CommandFile extends AsyncDisposable {
  /**
   * Hands over at most {@link pieceBytesMax} bytes, all or nothing. False: the core hasn't read what was
   * written before. @throws FerryError `core-takes-no-commands` if it doesn't read any more
   */
  write(piece: Uint8Array): Promise<boolean>;
}

/** Null: no core reads it. @throws FerryError `system-error` if it is something else */
export async function openCommandFile(path: string): Promise<CommandFile | null> {
  // Without a reader the open of a FIFO would wait for one.
  const flags = constants.O_WRONLY | constants.O_NONBLOCK;
  const pipe = await open(path, flags).catch((error: unknown) => {
    if (["ENXIO", "ENOENT"].includes(systemCode(error) ?? "")) return null;
    throw error;
  });
  if (pipe === null) return null;
  const status = await pipe.stat();
  if (!status.isFIFO()) {
    await pipe.close();
    throw new FerryError("system-error", `${printable(path)} is no command file`);
  }
  return {
    write: (piece) => writePiece(pipe, path, piece),
    [Symbol.asyncDispose]: () => pipe.close(),
  };
}

async function writePiece(pipe: FileHandle, path: string, piece: Uint8Array): Promise<boolean> {
  if (piece.length > pieceBytesMax) throw new Error("others could write into the middle of it");
  try {
    await pipe.write(piece);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EAGAIN") return false;
    if (code !== "EPIPE") throw error;
    const message = `${printable(path)}: the core has stopped reading it`;
    throw new FerryError("core-takes-no-commands", message, { cause: error });
  }
}
