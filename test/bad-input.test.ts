// What an operator meets when something is wrong: a message that says what, where and what to do,
// an exit status for scripts, and nothing half done.

import { appendFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { nodeFiles, readState, replaceState } from "@siteferry/spool";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry } from "./command-line.ts";
import { install, type Installation, reportOf } from "./installation.ts";

let directory: TemporaryDirectory;
let site: LivestatusServer;
const socket = (): string => `${directory.path}/live`;

beforeAll(async () => {
  directory = await makeTemporaryDirectory("bad-input");
  const clock = { now: () => 1_795_000_000_000 };
  const { source } = makeFakeSite({ hosts: 5, servicesPerHost: 4, seed: 7, clock });
  site = await serve(parseAddress(`unix:${socket()}`), source, { flavour: "naemon" });
});

afterAll(async () => {
  await site.close();
  await directory.remove();
});

describe("settings", () => {
  test("an unknown key is refused with file, line and the nearest key", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    await appendFile(installation.senderYaml, "shedule: '* * * * *'\n");
    const run = await installation.send();
    expect(run.status).toBe(78);
    expect(run.stderr).toContain(
      `${installation.senderYaml}:9: unknown key "shedule"; did you mean "schedule"?`,
    );
  });

  test("a misspelt key deep inside is found on its own line", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const text = await readFile(installation.receiverYaml, "utf8");
    await writeFile(installation.receiverYaml, text.replace("  - checkresults", "  - chekresults"));
    const run = await installation.receive();
    expect(run.status).toBe(78);
    expect(run.stderr).toMatch(
      /receiver\.yaml:10: unknown key "chekresults"; did you mean "checkresults"\?/,
    );
  });

  test("a missing file, broken YAML and a wrong value are told apart", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const missing = await siteferry(["send", "--once", "--config", "/nonexistent/sender.yaml"]);
    expect([missing.status, missing.stderr]).toEqual([
      78,
      expect.stringContaining("doesn't exist"),
    ]);
    await writeFile(installation.senderYaml, "site: [\n");
    expect((await installation.send()).stderr).toMatch(/sender\.yaml:\d+: /);
    await writeFile(installation.senderYaml, "site: Remote 1\n");
    const wrong = await installation.send();
    expect([wrong.status, wrong.stderr]).toEqual([
      78,
      expect.stringContaining('"Remote 1" isn\'t an id'),
    ]);
  });

  test("a key that others can read is refused, as ssh does", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const { chmod } = await import("node:fs/promises");
    await chmod(`${installation.path}/remote1.key`, 0o640);
    const run = await installation.send();
    expect([run.status, run.stderr]).toEqual([78, expect.stringContaining("mode 0640")]);
  });
});

describe("a livestatus that fails", () => {
  /** Without the log, the last thing that is read: a failure there fails nothing. */
  async function installWithoutEvents(livestatus: string): Promise<Installation> {
    const installation = await install({ livestatus });
    await appendFile(installation.senderYaml, "events: false\n");
    return installation;
  }

  async function failsWith(livestatus: string, ...said: readonly string[]): Promise<void> {
    await using installation = await installWithoutEvents(livestatus);
    const run = await installation.send();
    expect(run.status, run.stderr).toBe(75);
    for (const text of [livestatus, ...said]) expect(run.stderr).toContain(text);
    expect(run.stderr).not.toContain("    at ");
    expect(await readdir(installation.link)).toEqual([]);
    expect(await readdir(`${installation.path}/spool/sender/outbox`)).toEqual([]);
    expect(await readdir(`${installation.path}/spool/sender/tmp`)).toEqual([]);
  }

  test("no socket", async () => {
    await failsWith(
      `unix:${directory.path}/none`,
      "livestatus-unreachable",
      "Check that the core runs",
    );
  });

  test("what waits from before is shipped although the core is down", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const gone = `${installation.link}-gone`;
    await rename(installation.link, gone);
    const kept = await installation.send();
    expect([kept.status, reportOf(kept)]).toEqual([75, expect.objectContaining({ waiting: 2 })]);
    const outbox = ["outbox", "--config", installation.senderYaml];
    const { stdout } = await siteferry(outbox);
    expect(stdout).toMatch(/keyframe.ferry {2}\d+ bytes {2}since .*\n.*failed once.*system-error/);
    await rename(gone, installation.link);
    const text = await readFile(installation.senderYaml, "utf8");
    await writeFile(installation.senderYaml, text.replace(socket(), `${directory.path}/none`));
    expect((await installation.send()).status).toBe(75);
    expect(await readdir(installation.link)).toHaveLength(2);
    expect((await siteferry(outbox)).stdout).toBe("Nothing waits.\n");
  });

  test("a refused connection", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    await failsWith(`tcp:127.0.0.1:${port}`, "livestatus-unreachable");
  });

  test("a server that hangs", async () => {
    await using hanging = await listen(() => {});
    await failsWith(hanging.address, "livestatus-timeout");
  });

  test("a server of something else", async () => {
    await using other = await listen((client) => client.end("SSH-2.0-OpenSSH_9.2\r\n"));
    await failsWith(other.address, "livestatus-protocol", "SSH-2.0-OpenSSH_9.2");
  });

  test("an answer cut anywhere: in its header, in a row, between rows", async () => {
    const whole = await countBytes();
    const positions = [
      5,
      20,
      ...Array.from({ length: 8 }, (_, n) => Math.floor((whole * (n + 1)) / 9)),
    ];
    for (const position of [...positions, whole - 1]) {
      await using cut = await listen(cutAfter(position));
      await failsWith(cut.address);
    }
  });

  /** Bytes that a whole run reads. */
  async function countBytes(): Promise<number> {
    let bytes = 0;
    await using counting = await listen((client) => {
      const upstream = connect(socket());
      client.pipe(upstream);
      upstream.on("data", (chunk: Buffer) => (bytes += chunk.length)).pipe(client);
      client.on("error", () => {}).on("close", () => upstream.destroy());
    });
    await using installation = await installWithoutEvents(counting.address);
    expect((await installation.send()).status).toBe(0);
    return bytes;
  }

  function cutAfter(position: number): (client: Socket) => void {
    let left = position;
    return (client) => {
      const upstream = connect(socket());
      client.on("error", () => {}).on("close", () => upstream.destroy());
      client.pipe(upstream);
      upstream
        .on("error", () => {})
        .on("data", (chunk: Buffer) => {
          client.write(chunk.subarray(0, left));
          left -= chunk.length;
          if (left <= 0) client.end();
        });
    };
  }
});

describe("a damaged bundle", () => {
  test("is refused with a reason and kept apart; the next one is processed", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    await installation.send();
    const [config = "", keyframe = ""] = (await readdir(installation.link)).sort();
    const bytes = await readFile(`${installation.link}/${config}`);
    bytes[bytes.length - 10]! ^= 0x10;
    await writeFile(`${installation.link}/${config}`, bytes);
    await writeFile(`${installation.link}/\u001b[2Jjunk.ferry`, "not a bundle");
    const run = await installation.receive();
    expect(run.status).toBe(76);
    expect(reportOf(run)).toMatchObject({ accepted: 1, refused: 2 });
    expect(keyframe).toContain("keyframe");
    expect(run.stderr).toContain("payload-damaged");
    expect(run.stderr).not.toContain("\u001b");
    const kept = await readdir(`${installation.path}/spool/receiver/quarantine`, {
      recursive: true,
    });
    expect(kept.filter((name) => name.endsWith(".ferry"))).toHaveLength(2);
    expect(kept.filter((name) => name.endsWith(".reason"))).toHaveLength(2);
    expect(await readdir(installation.link)).toEqual([]);
    expect(Number(reportOf(run)["results"])).toBeGreaterThan(0);
  });

  test("the operator lists, shows, releases and drops what was refused", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const quarantine = (...parameters: readonly string[]): ReturnType<typeof siteferry> =>
      siteferry(["quarantine", ...parameters, "--config", installation.receiverYaml]);
    expect((await quarantine("list")).stdout).toBe("Nothing was refused.\n");
    await installation.send();
    const signers = `${installation.path}/allowed_signers`;
    const known = await readFile(signers, "utf8");
    await writeFile(signers, "");
    expect(reportOf(await installation.receive())).toMatchObject({ refused: 2 });
    const list = await quarantine("list");
    expect(list.stdout).toContain("key-unknown (R01)");
    const [id = ""] = list.stdout.split(" ");
    expect((await quarantine("show", id)).stdout).toContain("REFUSED");
    await writeFile(signers, known);
    expect((await quarantine("release", id)).status).toBe(0);
    expect(reportOf(await installation.receive())).toMatchObject({ accepted: 1 });
    expect((await quarantine("drop", "all")).stdout).toBe("Dropped 1.\n");
    const gone = await quarantine("show", id);
    expect([gone.status, gone.stderr]).toEqual([78, expect.stringContaining("file-missing")]);
  });

  test("a sender that began again while its clock is behind is refused until the operator's word", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    await installation.send();
    expect(reportOf(await installation.receive())).toMatchObject({ accepted: 2 });
    const state = `${installation.path}/spool/sender/state`;
    for (const name of await readdir(state)) await rm(`${state}/${name}`);
    // As if the epoch before had begun with the clocks of both an hour ahead.
    const record = `${installation.path}/spool/receiver/sites/remote1`;
    const known = new TextDecoder().decode((await readState(nodeFiles, record, "record"))!.content);
    const ahead = known.replace(/"epoch":(\d+)/, (_, epoch) => `"epoch":${Number(epoch) + 3600}`);
    await replaceState(nodeFiles, { bytes: randomBytes }, record, "record", Buffer.from(ahead));
    await installation.send();
    const refused = await installation.receive();
    expect([refused.status, refused.stderr]).toEqual([76, expect.stringContaining("epoch-old")]);

    const forget = (name: string): ReturnType<typeof siteferry> =>
      siteferry(["forget", name, "--config", installation.receiverYaml]);
    expect(await forget("remote7")).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("site-not-configured"),
    });
    expect((await forget("remote1")).status).toBe(0);
    await installation.send();
    expect((await installation.receive()).status).toBe(0);
  });

  test("an encrypted one is for the centre's key only, and one in clear can be refused", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    const key = `${installation.path}/central.age`;
    const keygen = await siteferry(["keygen", "--age", key]);
    await appendFile(installation.senderYaml, keygen.stdout.split("\n").at(-2) ?? "");
    await installation.send();
    const name = (await readdir(installation.link)).find((file) => file.includes("keyframe"))!;
    const shown = await siteferry(["inspect", `${installation.link}/${name}`]);
    expect([shown.status, shown.stdout]).toEqual([76, expect.stringContaining("encrypted")]);
    const open = await siteferry(["inspect", `${installation.link}/${name}`, "--identity", key]);
    expect([open.status, open.stdout]).toEqual([0, expect.stringContaining("services: 20 rows")]);
    const receiver = await readFile(installation.receiverYaml, "utf8");
    const required = receiver.replace("contacts:", "encrypted: true, contacts:");
    await writeFile(installation.receiverYaml, `identity: ${key}\n${required}`);
    expect(reportOf(await installation.receive())).toMatchObject({ accepted: 2, refused: 0 });
    const sender = await readFile(installation.senderYaml, "utf8");
    await writeFile(installation.senderYaml, sender.replace(/^encryptTo.*$/m, ""));
    await installation.send();
    const refused = await installation.receive();
    expect([refused.status, refused.stderr]).toEqual([
      76,
      expect.stringContaining("encryption-missing"),
    ]);
  });

  test("inspect says what is wrong with it, and what a whole one holds", async () => {
    await using installation = await install({ livestatus: `unix:${socket()}` });
    await installation.send();
    const names = (await readdir(installation.link)).sort();
    const path = `${installation.link}/${names[1]}`;
    const signers = ["--allowed-signers", `${installation.path}/allowed_signers`];
    const whole = await siteferry(["inspect", path, ...signers]);
    expect(whole.status, whole.stderr).toBe(0);
    expect(whole.stdout).toContain("keyframe of remote1 for central");
    expect(whole.stdout).toContain(" (in allowed_signers)");
    const others = `${installation.path}/others`;
    await writeFile(others, "# nobody\n");
    const unknown = await siteferry(["inspect", path, "--allowed-signers", others]);
    expect([unknown.status, unknown.stdout]).toEqual([
      76,
      expect.stringMatching(/ \(NOT in allowed_signers\)[^]*REFUSED: the key .* isn't in allowed/),
    ]);
    for (const table of ["services: 20", "comments: 0", "downtimes: 0", "events: 0"]) {
      expect(whole.stdout).toContain(`${table} rows`);
    }
    const json = JSON.parse((await siteferry(["inspect", path, "--json"])).stdout) as object;
    expect(json).toMatchObject({ header: { kind: "keyframe", site: "remote1" } });
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    await writeFile(path, bytes);
    const damaged = await siteferry(["inspect", path, ...signers]);
    expect(damaged.status).toBe(76);
    expect(damaged.stdout + damaged.stderr).toMatch(/R\d\d|bundle-flags/);
  });
});

test("what the receiver itself fails at is in status and check until it works again", async () => {
  await using installation = await install({ livestatus: `unix:${socket()}` });
  const { link, receiverYaml, path } = installation;
  const ask = async (...words: readonly string[]) => {
    const { status, stdout } = await siteferry([...words, "--config", receiverYaml]);
    return [status, stdout];
  };
  await installation.send();
  await rename(link, `${link}.gone`);
  expect((await installation.receive()).status).toBe(75);
  expect(await ask("check", "--all")).toEqual([
    1,
    expect.stringMatching(/look at the receiver, remote1 .*\nreceiver: WARNING: 1 failure.*ENOENT/),
  ]);
  await rename(`${link}.gone`, link);
  // A run that doesn't come so far is none that was well.
  await rename(`${path}/allowed_signers`, `${path}/elsewhere`);
  expect((await installation.receive()).status).toBe(78);
  expect(await ask("status")).toEqual([
    0,
    expect.stringMatching(/\nThe receiver: WARNING {2}1 failure .*: settings-unreadable: .*\n$/),
  ]);
  await rename(`${path}/elsewhere`, `${path}/allowed_signers`);
  expect((await installation.receive()).status).toBe(0);
  expect(await ask("check", "--all")).toEqual([0, expect.stringContaining("all are well")]);
});

interface Listening extends AsyncDisposable {
  readonly address: string;
}

async function listen(answer: (client: Socket) => void): Promise<Listening> {
  const clients = new Set<Socket>();
  const server: Server = createServer((client) => {
    clients.add(client);
    answer(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    address: `tcp:127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
