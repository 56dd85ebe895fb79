// What the checks of `siteferry doctor` ask, asked of the real machine.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, link, open, rename, stat, statfs, unlink } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { printable, systemCode } from "@siteferry/model";
import { waitForLock } from "@siteferry/spool";
import type { DirectoryFault, Entry, Probes } from "../doctor/probes.ts";
import { peekCertificate } from "./peek-certificate.ts";

export function realProbes(): Probes {
  return {
    user: thisUser(),
    environment: process.env,
    async look(path) {
      const stats = await stat(path).catch(goneIsNull);
      return stats === null ? null : entryOf(stats);
    },
    async may(path, what) {
      const mode = { read: constants.R_OK, write: constants.W_OK, enter: constants.X_OK }[what];
      return await access(path, mode).then(
        () => true,
        () => false,
      );
    },
    userName,
    account,
    head,
    async space(path) {
      const { bavail, blocks, ffree, files } = await statfs(path);
      // btrfs and its kin have no number of files.
      return { bytes: bavail / blocks, files: files === 0 ? 1 : ffree / files };
    },
    tryDirectory,
    findProgram,
    certificate: peekCertificate,
    listen: tryListening,
  };
}

function thisUser(): Probes["user"] {
  const id = process.getuid?.() ?? -1;
  try {
    return { id, name: userInfo().username };
  } catch {
    // A container's user may have no name.
    return { id, name: String(id) };
  }
}

function entryOf(stats: Stats): Entry {
  return {
    kind: stats.isFile()
      ? "file"
      : stats.isDirectory()
        ? "directory"
        : stats.isSocket()
          ? "socket"
          : stats.isFIFO()
            ? "fifo"
            : "other",
    mode: stats.mode & 0o7777,
    user: stats.uid,
    group: stats.gid,
    device: stats.dev,
    modifiedMs: stats.mtimeMs,
    sizeBytes: stats.size,
  };
}

function goneIsNull(error: unknown): null {
  if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return null;
  throw error;
}

async function account(name: string): ReturnType<Probes["account"]> {
  const numbers = async (option: string): Promise<readonly number[]> =>
    await new Promise((resolve) => {
      execFile("id", [option, "--", name], (error, output) =>
        resolve(error ? [] : output.trim().split(/\s+/).map(Number)),
      );
    });
  const [[id], groups] = await Promise.all([numbers("-u"), numbers("-G")]);
  return id === undefined ? null : { id, groups };
}

async function head(path: string, bytesMax: number): Promise<string> {
  // A FIFO in its place mustn't hold us.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function userName(id: number): Promise<string> {
  const line = await new Promise<string>((resolve) => {
    execFile("getent", ["passwd", String(id)], (error, output) => resolve(error ? "" : output));
  });
  const [name = ""] = line.split(":");
  return name === "" ? String(id) : printable(name);
}

/** One file, which goes whatever becomes of it. */
async function tryDirectory(directory: string): Promise<readonly DirectoryFault[]> {
  const path = `${directory}/.doctor-${randomBytes(6).toString("hex")}`;
  const faults: DirectoryFault[] = [];
  const attempt = async (
    step: DirectoryFault["step"],
    work: () => Promise<unknown>,
  ): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      faults.push({ step, reason: printable(reason, 200) });
      return false;
    }
  };
  const file = await open(path, "wx", 0o600).catch((error: unknown) => {
    faults.push({ step: "write", reason: printable(String(error), 200) });
    return null;
  });
  if (file === null) return faults;
  try {
    await attempt("write", () => file.write("siteferry doctor\n"));
    await attempt("sync", () => file.sync());
    await attempt("link", () => link(path, `${path}.link`));
    await attempt("lock", async () => {
      const lock = await waitForLock(path, 0);
      if (lock === null) throw new Error("nobody else can hold it");
      await lock.release();
    });
    await attempt("rename", () => rename(path, `${path}.renamed`));
  } finally {
    await file.close();
    for (const end of ["", ".link", ".renamed"]) await unlink(`${path}${end}`).catch(() => {});
  }
  return faults;
}

/** cron's PATH, and what siteferry adds for its commands. */
const cronDirectories = ["/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

async function findProgram(name: string): ReturnType<Probes["findProgram"]> {
  const isIn = async (directories: readonly string[]): Promise<boolean> => {
    const paths = name.includes("/") ? [name] : directories.map((path) => `${path}/${name}`);
    const found = await Promise.all(paths.map((path) => isProgram(path)));
    return found.includes(true);
  };
  if (await isIn(cronDirectories)) return "everywhere";
  const own = (process.env["PATH"] ?? "").split(":").filter((path) => path.startsWith("/"));
  return (await isIn(own)) ? "here" : "nowhere";
}

async function isProgram(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats?.isFile() !== true) return false;
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Listens for a moment. */
async function tryListening(host: string, port: number): ReturnType<Probes["listen"]> {
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<Probes["listen"]>>>();
  server.once("error", (error) => {
    const isTaken = systemCode(error) === "EADDRINUSE";
    resolve(isTaken ? "taken" : { problem: printable(error.message, 200) });
  });
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  return await promise;
}
