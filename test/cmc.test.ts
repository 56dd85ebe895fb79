// A vendor's dump on its whole way: stand-ins for `cmcdump` at the site and for `cmk -O` and the core's
// socket at the centre, siteferry's own processes between them. No real Checkmk was at hand.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { siteferry } from "./command-line.ts";
import { reportOf } from "./installation.ts";

interface Stand extends AsyncDisposable {
  readonly path: string;
  /** What the stand-in for the core was told. */
  readonly commands: string[];
  /** What `cmcdump -C` and `cmcdump` print from now on. */
  says(config: string, states: string): Promise<void>;
  /** The stand-in's own way of ending, a line of shell. */
  ends(script: string): Promise<void>;
  send(): Promise<ReturnType<typeof reportOf> & { status: number | null; stderr: string }>;
  receive(): Promise<ReturnType<typeof reportOf> & { status: number | null; stderr: string }>;
  /** What Checkmk's directory holds, and what `cmk -O` found there last. */
  mk(): Promise<string>;
  loaded(): Promise<string>;
}

async function makeStand(): Promise<Stand> {
  const { path, remove } = await makeTemporaryDirectory("cmcdump");
  const at = (name: string): string => `${path}/${name}`;
  for (const name of ["link", "conf.d"]) await mkdir(at(name));
  const commands: string[] = [];
  const source = { tables: () => ({}), command: (line: string) => void commands.push(line) };
  const core = await serve(parseAddress(`unix:${at("live")}`), source, { flavour: "checkmk" });
  const keygen = await siteferry(["keygen", at("remote1.key"), "--comment", "remote1"]);
  await writeFile(at("allowed_signers"), keygen.stdout.split("\n").at(-2) ?? "");
  await writeFile(at("ending"), "");
  const script = (text: string): object => ({ mode: 0o755, text });
  const scripts: Readonly<Record<string, string>> = {
    cmcdump: `if [ "$1" = -C ]; then cat ${at("config")}; else cat ${at("states")}; fi\n. ${at("ending")}\n`,
    cmk: `[ "$1" = -O ] || exit 64\n! grep -q 'unloadable' ${at("conf.d/siteferry")}/*.mk || { echo "Configuration Error" >&2; exit 1; }\ncat ${at("conf.d/siteferry")}/*.mk > ${at("loaded")}\n`,
  };
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(at(name), `#!/bin/sh\n${text}`, script(text));
  }
  await writeFile(
    at("sender.yaml"),
    `site: remote1
centre: central
exec: { config: [${at("cmcdump")}, -C], states: [${at("cmcdump")}], timeout: 2s }
key: ${at("remote1.key")}
spool: ${at("spool")}
transports:
  - drop: { dir: ${at("link")} }
`,
  );
  await writeFile(
    at("receiver.yaml"),
    `centre: central
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
sites:
  remote1: { owns: ["web*"], prefix: "r1-", objects: { autoApprove: true } }
transports:
  - drop: { dir: ${at("link")} }
targets:
  - cmc: { mk: ${at("conf.d/siteferry")}, live: "unix:${at("live")}", reload: [${at("cmk")}, -O], reloadEvery: 1ms }
`,
  );
  const run = async (verb: string, file: string): ReturnType<Stand["send"]> => {
    const done = await siteferry([verb, "--once", "--config", at(file)]);
    return { ...reportOf(done), status: done.status, stderr: done.stderr };
  };
  return {
    path,
    commands,
    async says(configuration, stateText) {
      await writeFile(at("config"), configuration);
      await writeFile(at("states"), stateText);
    },
    ends: (text) => writeFile(at("ending"), text),
    send: () => run("send", "sender.yaml"),
    receive: () => run("receive", "receiver.yaml"),
    mk: () => readFile(at("conf.d/siteferry/siteferry-remote1.mk"), "utf8"),
    loaded: () => readFile(at("loaded"), "utf8"),
    async [Symbol.asyncDispose]() {
      await core.close();
      await remove();
    },
  };
}

const config = `# What a cmcdump might print\nshadow_hosts.update({\n  'web1': {'alias': u'W\\xfcb', 'services': [('Load', 1.0, None)]},\n})\n`;

function states(host: string, state: number): string {
  return [
    `COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;${host};${state};UP\n\n`,
    `COMMAND [1793491200] UPDATE_SHADOW_SERVICE_STATE;${host};Load;2;CRIT - ünit 9;long\\ntext|load=9\n\n`,
  ].join("");
}

test("from cmcdump into the configuration and the socket of the centre", async () => {
  await using stand = await makeStand();
  await stand.says(config, states("web1", 0));
  const sent = await stand.send();
  expect(sent, sent.stderr).toMatchObject({ status: 0, shipped: 1, rowsRefused: 0 });
  const received = await stand.receive();
  expect(received, received.stderr).toMatchObject({
    status: 0,
    accepted: 1,
    cmcFiles: 1,
    cmcStates: 2,
    cmcWaiting: 0,
  });
  expect(await stand.mk()).toMatch(/^# Written by siteferry .*\nshadow_hosts\.update\(\{\n/);
  expect(await stand.mk()).toContain(
    "    'r1-web1': {'alias': 'W\\xfcb', 'services': [('Load', 1.0, None)]},\n})\n",
  );
  expect(await stand.loaded()).toBe(await stand.mk());
  await expect
    .poll(() => stand.commands)
    .toEqual([
      "[1793491200] UPDATE_SHADOW_HOST_STATE;r1-web1;0;UP",
      "[1793491200] UPDATE_SHADOW_SERVICE_STATE;r1-web1;Load;2;CRIT - ünit 9;long\\ntext|load=9",
    ]);

  await stand.says(config, states("web1", 1));
  await stand.send();
  expect(await stand.receive()).toMatchObject({ status: 0, cmcFiles: 0, cmcStates: 2 });
  await expect.poll(() => stand.commands.length).toBe(4);
  expect(stand.commands[2]).toBe("[1793491200] UPDATE_SHADOW_HOST_STATE;r1-web1;1;UP");
});

test("what `inspect` shows of a dump is the text as it was printed, for a report", async () => {
  await using stand = await makeStand();
  await stand.says(config, states("web1", 0));
  await stand.send();
  const [name = ""] = await readdir(`${stand.path}/link`);
  const { stdout, status } = await siteferry(["inspect", "--json", `${stand.path}/link/${name}`]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    header: { kind: "verbatim" },
    tables: { "config.mk": { rows: 4 }, "states.txt": { rows: 4 } },
  });
  expect(stdout).toContain("# What a cmcdump might print");

  await stand.says("shadow_hosts.update(dict())\n", "");
  await stand.send();
  const [, second = ""] = (await readdir(`${stand.path}/link`)).sort();
  const refused = await siteferry(["inspect", `${stand.path}/link/${second}`]);
  expect(refused.status).toBe(76);
  expect(refused.stdout).toContain("line: shadow_hosts.update(dict())");
  expect(refused.stdout).toContain("REFUSED: config.mk line 1 column 21: `{` belongs here");
});

test("a cmcdump that fails or hangs fails the run, with its last words", async () => {
  await using stand = await makeStand();
  await stand.says(config, states("web1", 0));
  await stand.ends("echo 'Cannot connect to core' >&2; exit 1");
  const failed = await siteferry(["send", "--once", "--config", `${stand.path}/sender.yaml`]);
  expect(failed.status).toBe(75);
  expect(failed.stderr).toContain("cmcdump -C ended with 1: Cannot connect to core");
  await stand.ends("sleep 600");
  const late = await siteferry(["send", "--once", "--config", `${stand.path}/sender.yaml`]);
  expect(late.status).toBe(75);
  expect(late.stderr).toContain("isn't done after 2 s");
  expect(await readdir(`${stand.path}/link`)).toEqual([]);
});

test("a hostile site: code, commands, foreign hosts; nothing of it reaches Checkmk", async () => {
  await using stand = await makeStand();
  const evil: readonly (readonly [code: string, config: string, states: string])[] = [
    ["dump-config", "shadow_hosts.update({'web1': __import__('os').system('id')})\n", ""],
    ["dump-config", `${config}import os\n`, ""],
    ["dump-command", config, "COMMAND [1793491200] CHANGE_HOST_CHECK_COMMAND;web1;evil\n"],
    ["host-not-owned", config, states("central-db", 0)],
  ];
  for (const [code, ...dump] of evil) {
    await stand.says(...dump);
    await stand.send();
    const received = await stand.receive();
    expect(received, received.stderr).toMatchObject({ status: 76, refused: 1, cmcFiles: 0 });
    expect(received.stderr).toContain(`"code":"${code}"`);
  }
  expect(stand.commands).toEqual([]);
  await expect(stand.mk()).rejects.toThrow("ENOENT");
});

test("what `cmk -O` doesn't load goes away again, and its words are in the log", async () => {
  await using stand = await makeStand();
  await stand.says(config, states("web1", 0));
  await stand.send();
  await stand.receive();
  const before = await stand.mk();
  await stand.says(config.replace("Load", "unloadable"), states("web1", 0));
  await stand.send();
  const received = await stand.receive();
  expect(received).toMatchObject({ status: 75, failed: 1, cmcWaiting: 1, cmcStates: 2 });
  expect(received.stderr).toContain("cmk -O ended with 1: Configuration Error");
  expect(await stand.mk()).toBe(before);
  expect(await stand.loaded()).toBe(before);
  expect(await stand.receive()).toMatchObject({ status: 0, failed: 0, cmcWaiting: 1 });
});
