import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { realProbes } from "./real-probes.ts";

const probes = realProbes();

test("a directory is tried without leaving anything in it", async () => {
  const directory = await mkdtemp(`${tmpdir()}/probes-`);
  expect(await probes.tryDirectory(directory)).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
  const { bytes, files } = await probes.space(directory);
  expect(bytes).toBeLessThanOrEqual(1);
  expect(files).toBeLessThanOrEqual(1);
  await writeFile(`${directory}/file`, "x", { mode: 0o600 });
  await symlink("file", `${directory}/link`);
  expect(await probes.look(`${directory}/link`)).toMatchObject({ kind: "file", mode: 0o600 });
  expect(await probes.look(`${directory}/file/below`)).toBeNull();
  await rm(directory, { recursive: true });
  expect(await probes.tryDirectory(directory)).toMatchObject([{ step: "write" }]);
  expect(await probes.may(directory, "read")).toBe(false);
});

test("programs by cron's PATH, by this one, and nowhere", async () => {
  const directory = await mkdtemp(`${tmpdir()}/probes-`);
  await writeFile(`${directory}/only-here`, "#!/bin/sh\n", { mode: 0o755 });
  const { PATH } = process.env;
  process.env["PATH"] = `${directory}:${PATH}`;
  expect(await probes.findProgram("sh")).toBe("everywhere");
  expect(await probes.findProgram("only-here")).toBe("here");
  expect(await probes.findProgram(`${directory}/only-here`)).toBe("everywhere");
  expect(await probes.findProgram("no-such-program")).toBe("nowhere");
  process.env["PATH"] = PATH;
  await rm(directory, { recursive: true });
});

test("a port that somebody listens on is taken; one that says nothing of TLS isn't waited for", async () => {
  const server = createServer((socket) => socket.resume().end("421 go away\r\n")).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await probes.listen("127.0.0.1", port)).toBe("taken");
  expect(await probes.listen("192.0.2.1", port)).toMatchObject({ problem: expect.any(String) });
  const silent = { host: "127.0.0.1", port };
  await expect(probes.certificate({ ...silent, startTls: "smtp" })).rejects.toMatchObject({
    code: "link-protocol",
  });
  await expect(probes.certificate(silent)).rejects.toMatchObject({
    code: expect.stringMatching(/^link-/),
  });
  await new Promise((resolve) => server.close(resolve));
  expect(await probes.listen("127.0.0.1", port)).toBe("free");
});
