// The packages as `pnpm package` makes them, packed with less effort.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { platformsFor } from "../../packaging/platform.ts";

export const top: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const manifest = JSON.parse(readFileSync(`${top}/package.json`, "utf8")) as { version: string };
export const version: string = manifest.version;

/** The names of what is made for a kind of machine, in Node's words. */
export function namesFor(
  arch: string,
): Readonly<Record<"program" | "deb" | "rpm" | "tar", string>> {
  const [platform] = platformsFor(arch);
  return {
    program: `siteferry-${version}-linux-${arch}`,
    deb: `siteferry_${version}_${platform?.debian}.deb`,
    rpm: `siteferry-${version}-1.${platform?.rpm}.rpm`,
    tar: `siteferry-${version}-omd-linux-${arch}.tar.gz`,
  };
}

/** Builds into `out`, for an `arch` of `pnpm package`; throws with what the build said. */
export function buildPackages(out: string, arch: string, signKey: string): void {
  const choices = ["--out", out, "--arch", arch, "--sign-key", signKey, "--compression", "0"];
  const words = [`${top}/packaging/build.ts`, ...choices];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`pnpm package ended with ${status}: ${stdout}${stderr}`);
}

/** In sh: the same .deb under another version, which dpkg takes for an upgrade: `/tmp/raised.deb`. */
export const raiseVersion = (deb: string): string => `set -e
mkdir /tmp/raised && cd /tmp/raised
ar x ${deb}
mkdir control && tar -xf control.tar* -C control && rm control.tar*
sed -i 's/^Version: .*/&+1/' control/control
tar -czf control.tar.gz -C control .
ar rc /tmp/raised.deb debian-binary control.tar.gz data.tar*`;
