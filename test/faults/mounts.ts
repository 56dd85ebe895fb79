// File systems of the tests' own: small ones that fill up, and ones that a power cut can hit.

import { execFile } from "node:child_process";
import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { makeTemporaryDirectory } from "@siteferry/testkit";

const run = promisify(execFile);
/** Debian keeps these programs where only root's shell looks. */
const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Makes room. */
  grow(): Promise<void>;
}

/** An empty file system of so many bytes over the directory, which is made if it is missing. */
export async function mountSmallDisk(path: string, sizeBytes: number): Promise<SmallDisk> {
  await mkdir(path, { recursive: true });
  await command("mount", "-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", path);
  return {
    path,
    grow: () => command("mount", "-o", "remount,size=64m", path),
    [Symbol.asyncDispose]: () => command("umount", path),
  };
}

/** A disk in a file, with ext4 on it. */
export interface DiskImage extends AsyncDisposable {
  readonly path: string;
  /** The power fails: what isn't durable is gone. Then it is there again. */
  cutPower(): Promise<void>;
  /** Makes all that is there durable. */
  settle(): Promise<void>;
}

export async function mountDiskImage(image: string, path: string): Promise<DiskImage> {
  await mkdir(path, { recursive: true });
  await writeFile(image, "");
  await truncate(image, 32 * 1024 * 1024);
  await command("mkfs.ext4", "-q", image);
  let [current, cuts] = [image, 0];
  const attach = () => command("mount", "-o", "loop", current, path);
  const detach = () => command("umount", path);
  await attach();
  await rm(`${path}/lost+found`, { recursive: true });
  return {
    path,
    async cutPower() {
      await command("xfs_io", "-x", "-c", "shutdown", path);
      await detach();
      // Whoever copied the machine's mounts meanwhile, as ip netns and unshare do, still has the one that
      // was shut down, and the same image would be that one again.
      const before = current;
      current = `${image}.${++cuts}`;
      await command("cp", "--sparse=always", before, current);
      await attach();
      await rm(before);
    },
    settle: () => command("sync", "--file-system", path),
    [Symbol.asyncDispose]: detach,
  };
}

/** A stick: exFAT, which knows no links, no owners and no modes. */
export async function mountStick(
  image: string,
  path: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(path, { recursive: true });
  await writeFile(image, "");
  await truncate(image, 16 * 1024 * 1024);
  await command("mkfs.exfat", image);
  const { stdout } = await run("losetup", ["--find", "--show", image], { env });
  const device = stdout.trim();
  await command("mount.exfat-fuse", device, path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await command("umount", path);
      await command("losetup", "--detach", device);
    },
  };
}

/** Why these tests can't run here, or null. The reason goes to standard error, too. */
export async function whyNoMounts(
  kind: "small disk" | "disk image" | "stick",
): Promise<string | null> {
  await using directory = await makeTemporaryDirectory("mount");
  const path = `${directory.path}/mnt`;
  try {
    const mounts = {
      "small disk": () => mountSmallDisk(path, 4096),
      "disk image": () => mountDiskImage(`${directory.path}/image`, path),
      stick: () => mountStick(`${directory.path}/image`, path),
    };
    const disk = await mounts[kind]();
    await disk[Symbol.asyncDispose]();
    return null;
  } catch (error) {
    const reason = `this machine allows no ${kind}: ${String(error).trim()}`;
    process.stderr.write(`Left out: the tests of a ${kind}; ${reason}\n`);
    return reason;
  }
}

async function command(program: string, ...words: readonly string[]): Promise<void> {
  await run(program, words, { env });
}
