// The packages as `pnpm package` makes them, packed with less effort.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
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
export function buildPackages(out: string, arch: string, keys: Keys): void {
  const signed = ["--sign-key", keys.ssh, "--rpm-key", keys.gpg];
  const words = ["--out", out, "--arch", arch, ...signed, "--compression", "0"];
  run(process.execPath, [`${top}/packaging/build.ts`, ...words], keys.gpgHome);
}

export interface Keys {
  /** A private key's file; the public one beside it. */
  readonly ssh: string;
  /** A name in `gpgHome`; the public key is there as `release.asc`. */
  readonly gpg: string;
  readonly gpgHome: string;
}

/** In a directory of the test's; `endGpg` ends what gpg leaves running. */
export function makeKeys(directory: string): Keys {
  const keys = {
    ssh: `${directory}/release`,
    gpg: "release@localhost",
    gpgHome: `${directory}/gpg`,
  };
  makeSshKey(keys.ssh);
  mkdirSync(keys.gpgHome, { mode: 0o700 });
  const protection = ["--batch", "--pinentry-mode", "loopback", "--passphrase", ""];
  run("gpg", [...protection, "--quick-gen-key", keys.gpg, "rsa3072", "sign"], keys.gpgHome);
  run("gpg", ["--armor", "--output", `${keys.gpgHome}/release.asc`, "--export"], keys.gpgHome);
  return keys;
}

export function makeSshKey(path: string): void {
  run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", basename(path), "-f", path], "");
}

/** Ends the agent that gpg started. */
export function endGpg({ gpgHome }: Keys): void {
  run("gpgconf", ["--kill", "all"], gpgHome);
}

function run(program: string, words: readonly string[], gpgHome: string): void {
  const env = { ...process.env, GNUPGHOME: gpgHome };
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`);
}

/** In sh: the same .deb under another version, which dpkg takes for an upgrade: `/tmp/raised.deb`. */
export const raiseVersion = (deb: string): string => `set -e
mkdir /tmp/raised && cd /tmp/raised
ar x ${deb}
mkdir control && tar -xf control.tar* -C control && rm control.tar*
sed -i 's/^Version: .*/&+1/' control/control
tar -czf control.tar.gz -C control .
ar rc /tmp/raised.deb debian-binary control.tar.gz data.tar*`;
