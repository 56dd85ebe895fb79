// The packages as `pnpm package` makes them, packed with less effort.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const top: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const manifest = JSON.parse(readFileSync(`${top}/package.json`, "utf8")) as { version: string };
export const version: string = manifest.version;

/** Builds into `out`; throws with what the build said. */
export function buildPackages(out: string): void {
  const words = [`${top}/packaging/build.ts`, "--out", out, "--compression", "0"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`pnpm package ended with ${status}: ${stdout}${stderr}`);
}

/** The same .deb under another version, which dpkg takes for an upgrade: `/tmp/raised.deb`. */
export const raiseVersion = `set -e
rm -rf /tmp/raised && mkdir /tmp/raised && cd /tmp/raised
ar x /packages/siteferry_*.deb
mkdir control && tar -xf control.tar.* -C control && rm control.tar.*
sed -i 's/^Version: .*/&+1/' control/control
tar -czf control.tar.gz -C control .
ar rc /tmp/raised.deb debian-binary control.tar.gz data.tar.*`;
