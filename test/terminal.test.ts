// What somebody sees who runs siteferry at a terminal, and that a log, a pipe and cron see nothing of it.
// script(1) is the terminal.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry } from "./command-line.ts";
import { type Installation, install } from "./installation.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));

interface Shown {
  readonly status: number | null;
  /** All that was written to the terminal. */
  readonly written: string;
  /** The lines that stand there at the end. */
  readonly lines: readonly string[];
}

/** `onOutput` gets all that there is so far. */
async function onTerminal(
  words: readonly string[],
  {
    environment = {},
    onOutput = () => {},
  }: { environment?: Record<string, string>; onOutput?: (written: string) => void } = {},
): Promise<Shown> {
  const { PATH = "" } = process.env;
  const child = spawn(
    "script",
    ["-qec", [process.execPath, bin, ...words].join(" "), "/dev/null"],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH, TERM: "xterm-256color", SHELL: "/bin/sh", ...environment },
      timeout: 30_000,
    },
  );
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
    onOutput(written);
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, written, lines: screenOf(written) };
}

/** As a terminal makes them of what is written: a return goes to the beginning of the line, `CSI K` clears it. */
function screenOf(written: string): readonly string[] {
  const lines = [""];
  let column = 0;
  for (const [piece] of written.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[^]/gu)) {
    const at = lines.length - 1;
    const line = lines[at]!;
    if (piece === "\n") lines.push("");
    else if (piece === "\r") column = 0;
    else if (piece === "\u001b[K") lines[at] = line.slice(0, column);
    else if (!piece.startsWith("\u001b")) {
      lines[at] = line.slice(0, column).padEnd(column) + piece + line.slice(column + 1);
      column += 1;
    }
  }
  return lines.filter((line) => line !== "");
}

/** Before a site's Livestatus: whoever asks for services waits until `open` is called. */
interface Gate extends AsyncDisposable {
  readonly reached: Promise<void>;
  open(): void;
}

async function makeGate(path: string, behind: string): Promise<Gate> {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const site = connect(behind);
    site.pipe(client);
    client.on("close", () => site.destroy());
    const relay = async (): Promise<void> => {
      for await (const request of client as AsyncIterable<Buffer>) {
        if (request.includes("GET services")) {
          reached.resolve();
          await opened.promise;
        }
        site.write(request);
      }
    };
    relay().catch((error: Error) => site.destroy(error));
  }).listen(path);
  await once(server, "listening");
  return {
    reached: reached.promise,
    open: opened.resolve,
    async [Symbol.asyncDispose]() {
      opened.resolve();
      server.close();
    },
  };
}

/** Long enough that progress would show; longer would be right as well. */
const longMs = 1000;

let directory: TemporaryDirectory;
let site: LivestatusServer;
/** The sender's Livestatus is behind the gate, and it waits. */
let installation: Installation;

beforeAll(async () => {
  directory = await makeTemporaryDirectory("terminal");
  const pretended = { hosts: 3, servicesPerHost: 4, seed: 2, clock: Date };
  const { source } = makeFakeSite(pretended);
  site = await serve(parseAddress(`unix:${directory.path}/site`), source, { flavour: "naemon" });
  installation = await install({ livestatus: `unix:${directory.path}/gate` });
  const { senderYaml } = installation;
  const text = await readFile(senderYaml, "utf8");
  await writeFile(senderYaml, text.replace("answerTimeout: 2s", "answerTimeout: 60s"));
});

afterAll(async () => {
  await site.close();
  await installation[Symbol.asyncDispose]();
  await directory.remove();
});

async function gateBefore(): Promise<Gate> {
  return await makeGate(`${directory.path}/gate`, `${directory.path}/site`);
}

describe("progress", () => {
  test("send shows on one line what it is at, and the line is gone at the end", async () => {
    await using gate = await gateBefore();
    const words = ["send", "--once", "--config", installation.senderYaml];
    const { status, written, lines } = await onTerminal(words, {
      onOutput: (text) => {
        if (/Reading services: 0 of 12, \d+ s/.test(text)) gate.open();
      },
    });
    expect(status, written).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/INFO.*Sealed \d, shipped \d, waiting 0/)]);
  });

  test("dump shows it beside a standard output that goes elsewhere", async () => {
    await using gate = await gateBefore();
    const out = `${directory.path}/dump`;
    const words = ["dump", "-s", `unix:${directory.path}/gate`, ">", out];
    const { status, written, lines } = await onTerminal(words, {
      onOutput: (text) => {
        if (text.includes("Reading service states")) gate.open();
      },
    });
    expect([status, lines], written).toEqual([0, []]);
    expect(await readFile(out, "utf8")).toContain("host_name=");
  });

  test("a log gets nothing of it, however long it takes", async () => {
    await using gate = await gateBefore();
    const sending = installation.send();
    await gate.reached;
    await wait(longMs);
    gate.open();
    const { status, stdout, stderr, log } = await sending;
    expect([status, stdout], stderr).toEqual([0, ""]);
    expect(log.map((line) => JSON.stringify(line)).join("\n")).toBe(stderr.trimEnd());
  });

  test.each([
    { how: "--quiet", more: ["--quiet"], environment: {}, lines: 0 },
    { how: "TERM=dumb", more: [], environment: { TERM: "dumb" }, lines: 1 },
  ])("nor does a terminal with $how", async ({ more, environment, lines: count }) => {
    await using gate = await gateBefore();
    const words = ["send", "--once", ...more, "--config", installation.senderYaml];
    const shown = onTerminal(words, { environment });
    await gate.reached;
    await wait(longMs);
    gate.open();
    const { status, written, lines } = await shown;
    expect([status, lines.length], written).toEqual([0, count]);
    expect(written).not.toMatch(/Reading|\u001b/);
  });
});

describe("colour", () => {
  const unknown = "\u001b[35mUNKNOWN";

  test.each([
    { words: ["status"], painted: unknown },
    { words: ["check", "remote1"], painted: unknown },
    { words: ["doctor", "receiver"], painted: "\u001b[32mOK" },
    { words: ["quarantine", "show", "none"], painted: "\u001b[31msiteferry:" },
  ])("says once more on a terminal how it is: $words.0", async ({ words, painted }) => {
    const { written } = await onTerminal([...words, "--config", installation.receiverYaml]);
    expect(written).toContain(painted);
  });

  test("is left out with NO_COLOR and TERM=dumb, in JSON and in a pipe", async () => {
    const words = ["status", "--config", installation.receiverYaml];
    const all = await Promise.all([
      onTerminal(words, { environment: { NO_COLOR: "1" } }),
      onTerminal(words, { environment: { TERM: "dumb" } }),
      onTerminal([...words, "--json"]),
      onTerminal([...words, "|", "cat"]),
    ]);
    for (const { written } of all) {
      expect(written).toContain("UNKNOWN");
      expect(written).not.toContain("\u001b");
    }
  });
});

test("--quiet leaves what is wrong; where there is nothing to leave out it is refused", async () => {
  const receiver = ["--config", installation.receiverYaml];
  const doctor = await siteferry(["doctor", "receiver", "-q", ...receiver]);
  expect(doctor.stdout).toMatch(/^WARNING  sites /m);
  expect(doctor.stdout).not.toMatch(/^(OK|skipped) /m);
  const imported = await siteferry(["import", "-q", installation.link, ...receiver]);
  expect([imported.status, imported.stdout, imported.stderr]).toEqual([0, "", ""]);
  const refused = await siteferry(["status", "-q", ...receiver]);
  expect([refused.status, refused.stderr]).toEqual([
    64,
    "siteferry: unknown option '-q'\n(siteferry status --help shows what there is)\n",
  ]);
  const both = await siteferry(["send", "-q", "-v"]);
  expect([both.status, both.stderr]).toEqual([64, expect.stringContaining("cannot be used with")]);
});

test.each([
  ["explain", 0],
  ["doctor --help", 0],
])("a reader that has had enough of %s is no failure", async (words, status) => {
  const child = spawn(process.execPath, [bin, ...words.split(" ")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  expect(await once(child, "close")).toEqual([status, null]);
  expect(said).toBe("");
});
