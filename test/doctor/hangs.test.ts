// What hangs keeps no other check waiting, and not the doctor: it says so and ends.

import { mkdir, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory, openBlackHole } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { siteferry } from "../command-line.ts";
import { doctor } from "./doctor.ts";

test("servers that never answer are named, and the links beside them are looked at", async () => {
  await using directory = await makeTemporaryDirectory("hangs");
  const at = (name: string): string => `${directory.path}/${name}`;
  await using hole = await openBlackHole();
  const where = `127.0.0.1:${hole.port}`;
  for (const name of ["spool", "link"]) await mkdir(at(name));
  await siteferry(["keygen", at("key"), "-C", "remote1"]);
  await writeFile(at("known_hosts"), "");
  await writeFile(
    at("sender.yaml"),
    `site: remote1
centre: central
livestatus: tcp:${where}
connectTimeout: 1h
key: ${at("key")}
spool: ${at("spool")}
transports:
  - drop: { dir: ${at("link")} }
  - http: { url: "http://${where}", timeout: 1h }
  - ssh: { host: 127.0.0.1, port: ${hole.port}, user: x, key: ${at("key")}, knownHosts: ${at("known_hosts")}, timeout: 1h }
  - mail: { to: a@b, from: c@d, smtp: { host: 127.0.0.1, port: ${hole.port}, timeout: 1h } }
`,
  );
  const { status, lines } = await doctor("sender", at("sender.yaml"));
  expect(status).toBe(2);
  const said = lines.join("\n");
  expect(said).toMatch(/^OK link: drop:/m);
  expect(said).toMatch(/^OK key: /m);
  expect(said).toMatch(/^FAIL core: .*no connection in 8000 ms/m);
  expect(said.match(/^FAIL link: /gm), said).toHaveLength(3);
});
