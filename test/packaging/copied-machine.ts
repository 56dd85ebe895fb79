// This machine once more, copied on write: packages are installed there and leave nothing behind. The
// checkout and Node aren't in it, nor what a siteferry may have left on the real one.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CopiedMachine extends AsyncDisposable {
  /** Runs a line of sh as its root, in an environment with nothing but a path. */
  sh(script: string): Promise<Outcome>;
}

const top = fileURLToPath(new URL("../..", import.meta.url));

const prepare = `set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/changed" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changed,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/tmp"
mkdir "$1/root/packages"
mount --bind "$2" "$1/root/packages"
mkdir -p "$1/root$3"
mount -t tmpfs tmpfs "$1/root$3"
mount -t tmpfs tmpfs "$1/root/run"
rm -f "$1/root/usr/bin/node" "$1/root/usr/local/bin/node"
rm -rf "$1/root/etc/siteferry" "$1/root/var/lib/siteferry"
# dpkg needn't make a new index of all manual pages, and what it writes is in memory.
rm -f "$1/root/var/lib/man-db/auto-update"
echo force-unsafe-io > "$1/root/etc/dpkg/dpkg.cfg.d/test"
echo ready
exec cat`;

/** `packages`, a directory, is there as `/packages`. Fails where nothing may be mounted. */
export async function copyMachine(path: string, packages: string): Promise<CopiedMachine> {
  await mkdir(path, { recursive: true });
  const words = ["--mount", "sh", "-c", prepare, "sh"];
  const holder = spawn("unshare", [...words, path, packages, top.replace(/\/$/, "")], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = await Promise.race([once(holder.stdout, "data"), outcomeOf(holder)]);
  if (!Array.isArray(said)) throw new Error(`No copy of this machine: ${said.stderr}`);
  const sh = async (script: string): Promise<Outcome> => {
    const enter = ["--target", String(holder.pid), "--mount", "chroot", `${path}/root`];
    const clean = [
      "env",
      "-i",
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "DEBIAN_FRONTEND=noninteractive",
    ];
    return await outcomeOf(spawn("nsenter", [...enter, ...clean, "sh", "-c", script]));
  };
  return {
    sh,
    async [Symbol.asyncDispose]() {
      const ended = once(holder, "close");
      holder.stdin.end();
      await ended;
    },
  };
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdin?.on("error", () => {});
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return {
    status,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}
