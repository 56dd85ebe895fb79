// The .rpm, by rpmbuild.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type PackageFile, stage } from "./contents.ts";
import { run } from "./run.ts";

export interface RpmOptions {
  readonly top: string;
  readonly version: string;
  readonly architecture: string;
  /** Of xz: 1 to 9; 0 for none. */
  readonly compression: number;
  /** What gpg calls the key that signs it; unsigned without. */
  readonly key: string | undefined;
  readonly work: string;
  readonly output: string;
}

export function makeRpm(files: readonly PackageFile[], options: RpmOptions): void {
  const { top, version, architecture, compression, key, work, output } = options;
  const staged = `${work}/stage`;
  mkdirSync(staged, { recursive: true });
  stage(files, staged);
  const script = (name: string): string => readFileSync(`${top}/packaging/${name}`, "utf8");
  const paths = files.map(({ path }) => `"/${path}"`).join("\n");
  const spec = script("rpm/siteferry.spec")
    .replaceAll("@STAGE@", staged)
    .replaceAll("@VERSION@", version)
    .replaceAll("@PAYLOAD@", compression === 0 ? "w.ufdio" : `w${compression}T2.xzdio`)
    .replace("@USER@\n", () => script("user.sh"))
    .replace("@SET_UP@\n", () => script("set-up.sh"))
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
  if (key !== undefined) sign(output, key);
}

function sign(file: string, key: string): void {
  // Debian's rpm looks for gpg2, which Debian hasn't got.
  const gpg = run("sh", ["-c", "command -v gpg"]).trim();
  const macros = [`_gpg_name ${key}`, `__gpg ${gpg}`].flatMap((macro) => ["--define", macro]);
  run("rpmsign", [...macros, "--addsign", file]);
}
