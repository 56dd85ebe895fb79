// Both agents over https as an operator sets them up: the receiver's daemon listens, the sender's bundle
// leaves the outbox for a receipt.

import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseAddress, serve } from "@siteferry/livestatus";
import {
  freePort,
  makeCertificate,
  makeFakeSite,
  makeTemporaryDirectory,
} from "@siteferry/testkit";
import { expect, test } from "vitest";
import { siteferry, startSiteferry } from "../command-line.ts";
import { reportOf } from "../installation.ts";

const token = "0123456789abcdef0123456789abcdef";

test("what the sender seals is at the centre, with a receipt, and a wrong token says so at both ends", async () => {
  await using directory = await makeTemporaryDirectory("agents");
  const at = (name: string): string => `${directory.path}/${name}`;
  for (const name of ["checkresults", "objects"]) await mkdir(at(name));
  const certificate = await makeCertificate(directory.path, "centre");
  const port = await freePort();
  const livestatus = `unix:${at("live")}`;
  const pretended = { hosts: 3, servicesPerHost: 2, seed: 1, clock: Date };
  const site = await serve(parseAddress(livestatus), makeFakeSite(pretended).source, {});
  for (const [name, list] of [
    ["remote1", "allowed_signers"],
    ["central", "centre_keys"],
  ]) {
    const keygen = await siteferry(["keygen", at(`${name}.key`), "--comment", name!]);
    await writeFile(at(list!), keygen.stdout.split("\n").at(-2) ?? "");
  }
  for (const name of ["site.token", "centre.token"]) {
    await writeFile(at(name), `${token}\n`, { mode: 0o600 });
  }
  await writeFile(
    at("sender.yaml"),
    `site: remote1
centre: central
livestatus: ${livestatus}
key: ${at("remote1.key")}
centreKeys: ${at("centre_keys")}
spool: ${at("spool")}
transports:
  - http:
      url: https://127.0.0.1:${port}
      token: ${at("site.token")}
      ca: ${certificate.certPath}
      proxy: none
`,
  );
  await writeFile(
    at("receiver.yaml"),
    `centre: central
key: ${at("central.key")}
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
sites: { remote1: { objects: { autoApprove: true } } }
transports:
  - http:
      listen: "127.0.0.1:${port}"
      cert: ${certificate.certPath}
      key: ${certificate.keyPath}
      sites: { remote1: { token: ${at("centre.token")} } }
targets:
  - objects: { dir: ${at("objects")}, core: nagios }
  - checkresults: { dir: ${at("checkresults")}, core: nagios }
`,
  );
  const send = () => siteferry(["send", "--once", "--config", at("sender.yaml")]);

  const early = await send();
  expect(early.status, early.stderr).toBe(75);
  expect(early.stderr).toContain("ECONNREFUSED");

  const receiver = startSiteferry(["receive", "--config", at("receiver.yaml")]);
  const lines = createInterface({ input: receiver.stderr! });
  const log: string[] = [];
  const until = async (text: string): Promise<void> => {
    while (!log.some((line) => line.includes(text))) await once(lines, "line");
  };
  lines.on("line", (line) => log.push(line));
  await once(lines, "line");

  await writeFile(at("site.token"), "x".repeat(32), { mode: 0o600 });
  const stranger = await send();
  expect(stranger.stderr).toContain("login-refused");
  await until("came as remote1");

  await writeFile(at("site.token"), token, { mode: 0o600 });
  const sent = await send();
  expect(sent.status, sent.stderr).toBe(0);
  expect(reportOf(sent)).toMatchObject({ waiting: 0 });
  expect(await readdir(at("spool/sender/outbox"))).toEqual([]);
  receiver.kill("SIGTERM");
  expect(await once(receiver, "exit")).toEqual([0, null]);
  const received = await siteferry(["receive", "--once", "--config", at("receiver.yaml")]);
  expect(received.status, received.stderr).toBe(0);
  const objects = await readFile(at("objects/live/siteferry-site-remote1.cfg"), "utf8");
  expect(objects.match(/^define host \{\n  use/gm)).toHaveLength(3);
  await site.close();
});
