// What another machine sees of a receiver, in two network namespaces of the test's own with a wire between:
// nothing, unless the settings say so.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import { install } from "../installation.ts";
import { whyNoDiode } from "../one-way/diode.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const missing = missingFor("iproute2") ?? (await whyNoDiode());
const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };

/** Prints the status of the answer, or why there was none. */
const ask = `
const [host, port, path] = process.argv.slice(1);
fetch("http://" + host + ":" + port + path).then(
  (answer) => console.log(answer.status),
  (error) => console.log(error.cause.code),
);`;

async function ip(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)("ip", words, { env })).stdout;
}

/** Two machines with a wire between, the first at 192.0.2.1. */
async function layWire(): Promise<
  AsyncDisposable & { readonly centre: string; readonly elsewhere: string }
> {
  const [centre, elsewhere] = [`sf-page-${process.pid}`, `sf-else-${process.pid}`];
  const ends = [`sfp${process.pid}`, `sfe${process.pid}`] as const;
  await ip("netns", "add", centre);
  await ip("netns", "add", elsewhere);
  const wire = ["link", "add", ends[0], "netns", centre, "type", "veth", "peer"];
  await ip(...wire, "name", ends[1], "netns", elsewhere);
  for (const [namespace, end, address] of [
    [centre, ends[0], "192.0.2.1"],
    [elsewhere, ends[1], "192.0.2.2"],
  ] as const) {
    await ip("-n", namespace, "address", "add", `${address}/24`, "dev", end);
    for (const name of [end, "lo"]) await ip("-n", namespace, "link", "set", name, "up");
  }
  return {
    centre,
    elsewhere,
    async [Symbol.asyncDispose]() {
      await ip("netns", "delete", centre);
      await ip("netns", "delete", elsewhere);
    },
  };
}

/** A daemon on the machine of this name, once it has made its first run; what it says. */
async function startReceiver(
  namespace: string,
  config: string,
): Promise<AsyncDisposable & { readonly log: readonly string[] }> {
  const words = ["netns", "exec", namespace, process.execPath, bin, "receive", "--config", config];
  const child = spawn("ip", words, { env, stdio: ["ignore", "ignore", "pipe"] });
  const exit = once(child, "exit");
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => log.push(line));
  while (!log.some((line) => line.includes("Took in 0 bundles"))) await once(lines, "line");
  return {
    log,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

test.skipIf(missing !== null)(
  "another machine reads the page only where it is set so",
  async () => {
    await using directory = await makeTemporaryDirectory("elsewhere");
    await using installation = await install({ livestatus: `unix:${directory.path}/live` });
    await using wire = await layWire();
    const token = `${installation.path}/token`;
    await writeFile(token, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
    const yaml = await readFile(installation.receiverYaml, "utf8");
    const listener = `- http: { listen: "127.0.0.1:8080", sites: { remote1: { token: ${token} } } }`;
    await writeFile(installation.receiverYaml, yaml.replace(/- drop: .*/, listener));
    await appendFile(installation.receiverYaml, "page: {}\n");
    const from = async (
      namespace: string,
      host: string,
      port = 8781,
      path = "/",
    ): Promise<string> =>
      (
        await ip("netns", "exec", namespace, process.execPath, "-e", ask, host, String(port), path)
      ).trim();
    {
      await using _ = await startReceiver(wire.centre, installation.receiverYaml);
      // Hexadecimal, the last byte first; 0A is LISTEN.
      const sockets = await ip(
        "netns",
        "exec",
        wire.centre,
        "cat",
        "/proc/net/tcp",
        "/proc/net/tcp6",
      );
      const listening = sockets.match(/\S+:\S+(?= \S+ 0A )/g);
      expect(listening?.toSorted()).toEqual(["0100007F:1F90", "0100007F:224D"]);
      expect(await from(wire.centre, "127.0.0.1")).toBe("200");
      expect(await from(wire.centre, "127.0.0.1", 8080, "/v1/health")).toBe("200");
      for (const port of [8080, 8781]) {
        expect(await from(wire.elsewhere, "192.0.2.1", port)).toBe("ECONNREFUSED");
      }
    }
    await appendFile(installation.receiverYaml, "  listen: 0.0.0.0:8781\n");
    const open = (await readFile(installation.receiverYaml, "utf8")).replace("page: {}", "page:");
    await writeFile(installation.receiverYaml, open);
    await using receiver = await startReceiver(wire.centre, installation.receiverYaml);
    expect(await from(wire.elsewhere, "192.0.2.1")).toBe("200");
    expect(receiver.log.join("\n")).toContain("everybody who reaches this address");
  },
);
