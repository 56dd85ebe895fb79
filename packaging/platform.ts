// What the other programs call the machines that packages are for, and the Node of each.

export interface Platform {
  /** Node's word. */
  readonly node: string;
  readonly debian: string;
  readonly rpm: string;
  /** The prefix of binutils that work on its files. */
  readonly binutils: string;
  /** SHA-256 of `bin/node` in the package `node-linux-<node>` of `nodeVersion`. */
  readonly nodeHash: string;
}

/** Which `nodeHash` is of. A change of `node-linux-*` in package.json changes this and the hashes. */
export const nodeVersion = "26.10.0";

const platforms: readonly Platform[] = [
  {
    node: "x64",
    debian: "amd64",
    rpm: "x86_64",
    binutils: "x86_64-linux-gnu",
    nodeHash: "ab9c8eecf9f82d6693cdc3accced17034065c8d96213b0aa76a7e803d20ae1da",
  },
  {
    node: "arm64",
    debian: "arm64",
    rpm: "aarch64",
    binutils: "aarch64-linux-gnu",
    nodeHash: "71b004f18a82f3ea8f26109798564a12e5e4c7989a4c35b93851830b5815dd03",
  },
];

/** For `this`, `all`, or a name of Node's. */
export function platformsFor(wanted: string): readonly Platform[] {
  const named = wanted === "this" ? process.arch : wanted;
  const found = platforms.filter(({ node }) => named === "all" || node === named);
  if (process.platform !== "linux" || found.length === 0) {
    throw new Error(
      `Packages are made on Linux for x64, arm64 or all; this is ${process.platform}, asked for is ${named}`,
    );
  }
  return found;
}

export function isThisMachine({ node }: Platform): boolean {
  return node === process.arch;
}
