// The same bundle is to give the same executable. V8's cache of compiled code holds tables in the order of
// a hash seed, which is another in each process, unless it is given one; and a cache that was made under
// other flags isn't taken. So it is made with a seed, and then says the flags of one without.
//
// The head of a cache, in V8's code-serializer: magic number, version, source, flags, four bytes each.

import { readFileSync, writeFileSync } from "node:fs";
import { run } from "./run.ts";

/** For the Node that makes the executable. */
export const seed = "--hash-seed=1";

const printHead =
  'process.stdout.write(new (require("node:vm").Script)("0").createCachedData().toString("hex",0,16))';

/** Changes the executable. Fails if its cache isn't where it is looked for. */
export function unseed(executable: string): void {
  const seeded = headOf([seed]);
  const plain = headOf([]);
  const bytes = readFileSync(executable);
  // Node's own code has caches too, before this one.
  const at = bytes.lastIndexOf(seeded.subarray(0, 8));
  const flags = bytes.subarray(at + 12, at + 16);
  if (at < 0 || !flags.equals(seeded.subarray(12))) {
    throw new Error("The executable has no code cache of the seed that it was made with");
  }
  plain.copy(flags, 0, 12);
  writeFileSync(executable, bytes);
}

function headOf(flags: readonly string[]): Buffer {
  return Buffer.from(run(process.execPath, [...flags, "--eval", printHead]), "hex");
}
