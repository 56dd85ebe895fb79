// The tarball for an OMD site: unpacked in the site's home by the site's own user.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type PackageFile, stage } from "./contents.ts";
import { run } from "./run.ts";

export interface TarballOptions {
  /** Seconds since 1970, of all files. */
  readonly epoch: number;
  /** Of gzip: 0 to 9. */
  readonly compression: number;
  readonly work: string;
  readonly output: string;
}

/** Only files, no directories: those of the site keep owner and mode. */
export function makeTarball(files: readonly PackageFile[], options: TarballOptions): void {
  const { epoch, compression, work, output } = options;
  mkdirSync(work, { recursive: true });
  stage(files, work);
  run("tar", [
    "--create",
    `--file=${work}.tar`,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    `--mtime=@${epoch}`,
    "--format=gnu",
    `--directory=${work}`,
    ...files.map(({ path }) => path).toSorted(),
  ]);
  writeFileSync(output, gzipSync(readFileSync(`${work}.tar`), { level: compression }));
}
