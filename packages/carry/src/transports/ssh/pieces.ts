// Many requests under way at once: over a long line one by one would take for ever.

/** Each server takes this much in a request; OpenSSH's own client asks for as much. */
const pieceBytes = 31 * 1024;
/** 2 MiB in all, which a line with 300 ms carries at 50 Mbit/s. */
const piecesUnderWay = 64;

type PieceDone = (error?: Error | null) => void;

/** Calls `transfer` for each piece and `done` once, after the last one or the first failure. */
export function inPieces(
  sizeBytes: number,
  transfer: (offset: number, length: number, done: PieceDone) => void,
  done: PieceDone,
): void {
  let begun = 0;
  let left = sizeBytes;
  const next = (): void => {
    if (begun >= sizeBytes) return;
    const offset = begun;
    const length = Math.min(pieceBytes, sizeBytes - offset);
    begun += length;
    transfer(offset, length, (error) => {
      left -= length;
      if (error) begun = sizeBytes;
      if (error || left === 0) done(error);
      else next();
    });
  };
  if (sizeBytes === 0) done();
  for (let piece = 0; piece < piecesUnderWay; piece++) next();
}
