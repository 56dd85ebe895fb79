// This machine once more, copied on write, with processes, loopback and host names of its own: packages are
// installed there, documents are followed to the letter, and nothing of it stays behind. The checkout
// and Node aren't in it, nor what a siteferry may have left on the real one.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CopiedMachine extends AsyncDisposable {
  /**
   * Runs a line of sh as its root, in an environment with nothing but a path. What it leaves running
   * ends with the machine; its output has to go elsewhere.
   */
  sh(script: string): Promise<Outcome>;
}

const top = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** With the machine's directory and pairs of what is there and where it is seen. */
const prepare = `set -e
machine=$1; hidden=$2; shift 2
mount -t tmpfs tmpfs "$machine"
mkdir "$machine/changed" "$machine/work" "$machine/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$machine/changed,workdir=$machine/work" "$machine/root"
mount -t proc proc "$machine/root/proc"
mount --rbind /dev "$machine/root/dev"
mount -t tmpfs tmpfs "$machine/root/tmp"
chmod 1777 "$machine/root/tmp"
mkdir -p "$machine/root$hidden"
mount -t tmpfs tmpfs "$machine/root$hidden"
mount -t tmpfs tmpfs "$machine/root/run"
while [ $# -gt 0 ]; do
  mkdir -p "$machine/root$2"
  mount --bind "$1" "$machine/root$2"
  shift 2
done
ip link set lo up
cd "$machine/root"
rm -f usr/bin/node usr/local/bin/node
rm -rf etc/siteferry var/lib/siteferry
# dpkg needn't make a new index of all manual pages, and what it writes is in memory.
rm -f var/lib/man-db/auto-update
echo force-unsafe-io > etc/dpkg/dpkg.cfg.d/test
echo ready
# The shell stays, to take leave of what ends here.
cat
exit`;

/**
 * `seen` are directories of this machine, by the paths at which they are there: `{ "/packages": dist }`.
 * Fails where nothing may be mounted.
 */
export async function copyMachine(
  path: string,
  seen: Readonly<Record<string, string>>,
): Promise<CopiedMachine> {
  await mkdir(path, { recursive: true });
  const namespaces = ["--mount", "--net", "--uts", "--pid", "--fork", "--kill-child"];
  const pairs = Object.entries(seen).flatMap(([there, here]) => [here, there]);
  const words = [...namespaces, "sh", "-c", prepare, "sh", path, top, ...pairs];
  const holder = spawn("unshare", words, { stdio: ["pipe", "pipe", "pipe"] });
  const said = await Promise.race([once(holder.stdout, "data"), outcomeOf(holder)]);
  if (!Array.isArray(said)) throw new Error(`No copy of this machine: ${said.stderr}`);
  const inside = (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8")).trim();
  const sh = async (script: string): Promise<Outcome> => {
    const of = ["--target", inside, "--mount", "--net", "--uts", "--pid"];
    const clean = ["env", "-i", `PATH=${searchPath}`, "DEBIAN_FRONTEND=noninteractive"];
    const command = [...of, "chroot", `${path}/root`, ...clean, "sh", "-c", script];
    return await outcomeOf(spawn("nsenter", command));
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

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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
