// From nothing to a site that the centre shows: init at both sides, enrol, send, receive; and what both
// refuse.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { freePort, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor, startNagios } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { type Run, siteferry, startSiteferry } from "../command-line.ts";
import { doctor } from "./doctor.ts";

/** The command that `init` printed for the other side, as a shell would take it apart. */
function enrolIn({ stdout }: Run, beginning: string): string[] {
  const line = stdout.split("\n").find((one) => one.trim().startsWith(beginning)) ?? "";
  const [before = "", key = "", after = ""] = line.trim().split("'");
  return [...before.trim().split(" ").slice(1), key, ...after.trim().split(" ").filter(Boolean)];
}

describe.skipIf(missingFor("nagios") !== null)("init and enrol", () => {
  test("bring a site to a real Nagios, and the doctor has nothing against it", async () => {
    await using directory = await makeTemporaryDirectory("init");
    const at = (name: string): string => `${directory.path}/${name}`;
    await mkdir(at("objects"));
    await using nagios = await startNagios({ objectDirectories: [at("objects")] });
    const fake = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 1, clock: Date });
    const site = await serve(parseAddress(`unix:${at("live")}`), fake.source, {});
    const sender = at("site/sender.yaml");
    const receiver = at("centre/receiver.yaml");

    const there = await siteferry([
      ..."init sender --site remote1 --centre central --yes".split(" "),
      "--livestatus",
      `unix:${at("live")}`,
      "--link",
      `drop:${at("link")}`,
      "--spool",
      at("site-spool"),
      "--config",
      sender,
    ]);
    expect(there.status, there.stderr).toBe(0);
    // The executable's own path: cron finds no other.
    expect(there.stdout).toMatch(
      /\n {2}\* \* \* \* \* \S+ \/\S.* send --once --log-level warn --config \//,
    );
    expect((await stat(at("site/remote1.key"))).mode & 0o777).toBe(0o600);
    const here = await siteferry([
      ..."init receiver --centre central --core nagios --yes".split(" "),
      "--core-config",
      nagios.configurationFile,
      "--objects",
      at("objects"),
      "--link",
      `drop:${at("link")}`,
      "--spool",
      at("spool"),
      "--config",
      receiver,
    ]);
    expect(here.status, here.stderr).toBe(0);
    expect((await stat(at("centre/central.key"))).mode & 0o777).toBe(0o600);

    const words = enrolIn(there, "siteferry enrol remote1");
    const enrolled = await siteferry([
      ...words,
      "--config",
      receiver,
      "--contacts",
      "testkit-nobody",
    ]);
    expect(enrolled.status, enrolled.stderr).toBe(0);
    expect(enrolled.stdout).toContain(
      "+   remote1: { prefix: remote1-, contacts: [ testkit-nobody ] }",
    );
    const back = enrolIn(here, "siteferry enrol --centre central");
    expect((await siteferry([...back, "--config", sender])).status).toBe(0);
    expect(await readFile(sender, "utf8")).toContain(`centreKeys: ${at("site/centre_keys")}`);

    // What it wrote waits 50 s between two reloads.
    const { configurationFile } = nagios;
    const written = await readFile(receiver, "utf8");
    expect(written).toContain(`activate: { config: ${configurationFile} }`);
    const hurried = `config: ${configurationFile}, reloadEvery: 1ms`;
    await writeFile(receiver, written.replace(`config: ${configurationFile}`, hurried));
    const run = (verb: string, config: string): Promise<Run> =>
      siteferry([...verb.split(" "), "--config", config]);
    expect((await run("send --once", sender)).status).toBe(0);
    await run("receive --once", receiver);
    expect((await run("config approve remote1", receiver)).status).toBe(0);
    expect((await run("receive --once", receiver)).status).toBe(0);
    await nagios.waitUntil("the site's hosts", ({ hosts }) =>
      [...hosts.keys()].some((name) => name.startsWith("remote1-")),
    );
    expect(await doctor("sender", sender)).toMatchObject({ status: 0, troubles: [] });
    expect(await doctor("receiver", receiver)).toMatchObject({ status: 0, troubles: [] });
    await site.close();

    // Again, nothing is overwritten and nothing changes.
    const key = await readFile(at("site/remote1.key"), "utf8");
    const twice = await siteferry(["init", "sender", "--yes", "--config", sender]);
    expect(twice.stderr).toContain("nothing that is there is overwritten");
    expect(twice.status).toBe(70);
    expect(await readFile(at("site/remote1.key"), "utf8")).toBe(key);
    const settings = await readFile(receiver, "utf8");
    expect(await siteferry([...words, "--config", receiver])).toMatchObject({
      status: 0,
      stdout: "All of it is there already; nothing was changed.\n",
    });
    expect(await readFile(receiver, "utf8")).toBe(settings);
  });

  test("refuse a second key, another site's key, another centre, and what is no key", async () => {
    await using directory = await makeTemporaryDirectory("enrol");
    const at = (name: string): string => `${directory.path}/${name}`;
    const receiver = at("receiver.yaml");
    const sender = at("sender.yaml");
    const yaml = `# ours
centre: central
allowedSigners: ${at("allowed_signers")}
sites:   # all of them
  alpha: {}
transports:
  - http: { listen: "127.0.0.1:8080", sites: {} }
targets:
  - checkresults: { dir: /x, core: nagios }
`;
    await writeFile(receiver, yaml);
    await writeFile(
      sender,
      `site: alpha\ncentre: central\nlivestatus: unix:/x\nkey: /k\ntransports:\n  - drop: { dir: /x }\n`,
    );
    const keys: string[] = [];
    for (const name of ["one", "two"]) {
      await siteferry(["keygen", at(name), "-C", name]);
      keys.push((await readFile(`${at(name)}.pub`, "utf8")).trim());
    }
    const [one = "", two = ""] = keys;
    const enrol = (...words: string[]): Promise<Run> => siteferry(["enrol", ...words]);
    const centre = ["--config", receiver];
    expect((await enrol("alpha", one, ...centre)).status).toBe(0);
    const list = await readFile(at("allowed_signers"), "utf8");
    expect(list).toBe(`alpha namespaces="siteferry" ${one}\n`);
    expect(await readFile(receiver, "utf8")).toBe(yaml);

    for (const [words, code] of [
      [["alpha", two], "signers-invalid"],
      [["beta", one], "signers-invalid"],
      [["beta", "ssh-ed25519 AAAA"], "signers-invalid"],
      [["Beta", two], "usage-wrong"],
      [["beta"], "usage-wrong"],
      [["beta", two, "--prefix", "a;b"], "settings-invalid"],
    ] as const) {
      const refused = await enrol(...words, ...centre);
      expect(refused.stderr, words.join(" ")).toContain(`(siteferry explain ${code})`);
      expect(refused.status).toBe(code === "usage-wrong" ? 64 : 78);
    }
    expect((await enrol("--centre", "other", one, "--config", sender)).stderr).toContain(
      "sends to central, not to other",
    );
    expect(await readFile(at("allowed_signers"), "utf8")).toBe(list);
    expect(await readFile(receiver, "utf8")).toBe(yaml);

    // With a token, it may also come to the listener; a key's words need no quotes.
    const token = ["--token", at("beta.token")];
    expect((await enrol("beta", ...two.split(" "), ...token, ...centre)).status).toBe(0);
    const after = await readFile(receiver, "utf8");
    expect(after).toContain("# ours");
    expect(after).toContain("# all of them");
    expect(after).toMatch(/beta: \{ token: .*beta\.token \}/);
    expect(after).toMatch(/beta: \{ prefix: beta- \}/);
  });
});

test("by http: the token and the receipts that init prepared let the site in", async () => {
  await using directory = await makeTemporaryDirectory("init-http");
  const at = (name: string): string => `${directory.path}/${name}`;
  const port = await freePort();
  await writeFile(
    at("nagios.cfg"),
    `check_result_path=${at("results")}\nobject_cache_file=${at("cache")}\n`,
  );
  await mkdir(at("results"));
  const fake = makeFakeSite({ hosts: 1, servicesPerHost: 1, seed: 1, clock: Date });
  const site = await serve(parseAddress(`unix:${at("live")}`), fake.source, {});
  const sender = at("etc/sender.yaml");
  const receiver = at("etc/receiver.yaml");
  const there = await siteferry([
    ..."init sender --site remote1 --centre central --yes".split(" "),
    "--livestatus",
    `unix:${at("live")}`,
    "--link",
    `http://127.0.0.1:${port}`,
    "--spool",
    at("spool"),
    "--config",
    sender,
  ]);
  const here = await siteferry([
    ..."init receiver --centre central --yes --core nagios".split(" "),
    "--core-config",
    at("nagios.cfg"),
    "--objects",
    at("objects"),
    "--link",
    `http:127.0.0.1:${port}`,
    "--spool",
    at("spool"),
    "--config",
    receiver,
  ]);
  expect([there.status, here.status], there.stderr + here.stderr).toEqual([0, 0]);
  expect(here.stdout).toContain(`echo 'cfg_dir=${at("objects")}' >> ${at("nagios.cfg")}`);
  const words = enrolIn(there, "siteferry enrol remote1").map((word) =>
    word.endsWith(".token") ? at("etc/remote1.token") : word,
  );
  expect((await siteferry([...words, "--config", receiver])).status).toBe(0);
  const back = enrolIn(here, "siteferry enrol --centre central");
  expect((await siteferry([...back, "--config", sender])).status).toBe(0);

  const daemon = startSiteferry(["receive", "--config", receiver, "--log-level", "error"]);
  const ended = once(daemon, "exit");
  const listens = async (): Promise<boolean> =>
    await fetch(`http://127.0.0.1:${port}/v1/health`).then(
      () => true,
      () => false,
    );
  while (daemon.exitCode === null && !(await listens())) await pause(100);
  try {
    const { lines } = await doctor("sender", sender);
    expect(lines).toContainEqual(expect.stringMatching(/^OK link: .* lets remote1 in/));
    expect((await siteferry(["send", "--once", "--config", sender])).status).toBe(0);
    const centre = await doctor("receiver", receiver);
    expect(centre.lines).toContainEqual(expect.stringMatching(/^OK link: .*a receiver listens/));
  } finally {
    daemon.kill("SIGTERM");
    await ended;
    await site.close();
  }
});

test("the line for cron names the script that was called, not what that runs", async () => {
  await using directory = await makeTemporaryDirectory("init-script");
  const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
  const script = `${directory.path}/siteferry`;
  const text = `#!/bin/sh\nSITEFERRY_CALLED="$0" exec ${process.execPath} ${bin} "$@"\n`;
  await writeFile(script, text, { mode: 0o755 });
  const link = ["--link", `drop:${directory.path}/link`, "--spool", `${directory.path}/spool`];
  const words = ["init", "sender", "--yes", "--site", "remote1", ...link];
  const config = ["--config", `${directory.path}/sender.yaml`];
  const { stdout } = await siteferry([...words, ...config], { program: [script] });
  expect(stdout).toContain(` ${script} send --once --log-level warn --config `);
  expect(stdout).not.toContain(bin);
});

test.each([
  ["sender --site", "Remote X", "isn't an id"],
  ["sender --centre", "", "isn't an id"],
  ["sender --livestatus", "/run/live", "isn't unix:PATH"],
  ["sender --link", "http://central.example.net", "in clear"],
  ["sender --spool", "spool", "not an absolute path"],
  ["sender --config", "sender.yaml", "not an absolute path"],
  ["receiver --centre", "Central", "isn't an id"],
  ["receiver --core", "shinken", "none of nagios, naemon, icinga2"],
  ["receiver --core-config", "/nowhere/nagios.cfg", "no such file"],
  ["receiver --link", "http:here", "HOST:PORT"],
  ["receiver --spool", "spool", "not an absolute path"],
  ["receiver --core icinga2 --icinga2-url", "central", "https://"],
  ["receiver --core icinga2 --ca", "ca.crt", "not an absolute path"],
  ["receiver --core icinga2 --password", "password", "not an absolute path"],
])("of a flag it says so: %s %j", async (words, value, problem) => {
  await using directory = await makeTemporaryDirectory("init-flags");
  const core = `${directory.path}/nagios.cfg`;
  await writeFile(core, "check_result_path=/x\nobject_cache_file=/y\n");
  const flag = words.split(" ").at(-1)!;
  const usual =
    words.includes("receiver") && flag !== "--core-config" ? ["--core-config", core] : [];
  const config = ["--config", `${directory.path}/new/settings.yaml`];
  const more = [...usual, "--yes", ...(flag === "--config" ? [] : config)];
  const refused = await siteferry(["init", ...words.split(" "), value, ...more]);
  expect(refused.stderr).toMatch(new RegExp(`^siteferry: ${flag}: .*${problem}`));
  expect([refused.status, refused.stdout]).toEqual([64, ""]);
  expect(await readdir(directory.path)).toEqual(["nagios.cfg"]);
});

test("on a terminal it asks, again where an answer can't be, and what is answered is taken", async () => {
  await using directory = await makeTemporaryDirectory("init-asks");
  const path = `${directory.path}/sender.yaml`;
  const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
  const command = `${process.execPath} ${bin} init sender --config ${path} --spool ${directory.path}/spool`;
  // script(1) is a terminal.
  const terminal = spawn("script", ["-qec", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 60_000,
  });
  const answers = [
    ["What is this site called?", "Remote X"],
    ["isn't an id", "asked1"],
    ["And its centre?", ""],
    ["Where does Livestatus listen?", "unix:/run/live"],
    ["How do bundles leave", "drop:link"],
    ["not an absolute path", `drop:${directory.path}/link`],
  ] as const;
  let shown = "";
  let answered = 0;
  terminal.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    const [question, answer] = answers[answered] ?? [];
    if (question === undefined || !shown.includes(question)) return;
    if (!shown.slice(shown.indexOf(question)).includes("]: ")) return;
    answered += 1;
    terminal.stdin.write(`${answer}\n`);
  });
  const [status] = (await once(terminal, "close")) as [number];
  expect(status, shown).toBe(0);
  expect(answered).toBe(answers.length);
  const text = await readFile(path, "utf8");
  for (const line of ["site: asked1", "centre: central", "livestatus: unix:/run/live"]) {
    expect(text).toContain(line);
  }
});
