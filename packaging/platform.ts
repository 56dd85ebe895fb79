// What the other programs call the machine that this is built on, and for.

export interface Platform {
  /** Node's word. */
  readonly node: string;
  readonly debian: string;
  readonly rpm: string;
}

const platforms: readonly Platform[] = [
  { node: "x64", debian: "amd64", rpm: "x86_64" },
  { node: "arm64", debian: "arm64", rpm: "aarch64" },
];

export function thisPlatform(): Platform {
  const platform = platforms.find(({ node }) => node === process.arch);
  if (process.platform !== "linux" || platform === undefined) {
    throw new Error(
      `Packages are made on Linux, x64 or arm64; this is ${process.platform}, ${process.arch}`,
    );
  }
  return platform;
}
