// The .rpm, by rpmbuild.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type PackageFile, stage } from "./contents.ts";
import { run } from "./run.ts";

export interface RpmOptions {
  readonly top: string;
  readonly version: string;
  readonly architecture: string;
  /** Of xz: 0 to 9. */
  readonly compression: number;
  readonly work: string;
  readonly output: string;
}

export function makeRpm(files: readonly PackageFile[], options: RpmOptions): void {
  const { top, version, architecture, compression, work, output } = options;
  const staged = `${work}/stage`;
  mkdirSync(staged, { recursive: true });
  stage(files, staged);
  const setUp = readFileSync(`${top}/packaging/set-up.sh`, "utf8");
  const paths = files.map(({ path }) => `"/${path}"`).join("\n");
  const spec = readFileSync(`${top}/packaging/rpm/siteferry.spec`, "utf8")
    .replaceAll("@STAGE@", staged)
    .replaceAll("@VERSION@", version)
    .replaceAll("@COMPRESSION@", String(compression))
    .replace("@SET_UP@\n", () => setUp)
    .replace("@FILES@", () => paths);
  writeFileSync(`${work}/siteferry.spec`, spec);
  run("rpmbuild", [
    "-bb",
    "--quiet",
    "--define",
    `_topdir ${work}/rpmbuild`,
    "--define",
    `_rpmfilename siteferry.rpm`,
    "--target",
    `${architecture}-linux`,
    `${work}/siteferry.spec`,
  ]);
  copyFileSync(`${work}/rpmbuild/RPMS/siteferry.rpm`, output);
}
