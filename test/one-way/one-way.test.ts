// One way: configuration and states reach the centre over a wire on which not one byte comes back.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { install, reportOf } from "../installation.ts";
import { layDiode, whyNoDiode } from "./diode.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const pitcher = fileURLToPath(import.meta.resolve("./diode-send.ts"));
const catcher = fileURLToPath(import.meta.resolve("./diode-receive.ts"));

test.skipIf((await whyNoDiode()) !== null)(
  "a site behind a diode is whole at the centre, and hears nothing",
  async () => {
    await using installation = await install({ livestatus: "unix:/replaced" });
    const { path, link } = installation;
    const { source } = makeFakeSite({
      hosts: 5,
      servicesPerHost: 4,
      seed: 7,
      clock: { now: () => Date.now() },
    });
    const site = await serve(parseAddress(`unix:${path}/live`), source, { flavour: "naemon" });
    await using diode = await layDiode(String(process.pid % 10_000));
    const port = "4711";
    const after = [process.execPath, pitcher, diode.centreAddress, port, "{file}"];
    await mkdir(`${path}/outbound`);
    await writeFile(
      installation.senderYaml,
      `site: remote1
centre: central
livestatus: unix:${path}/live
key: ${path}/remote1.key
spool: ${path}/spool
oneWay: true
transports:
  - drop: { dir: ${path}/outbound, collapse: true, after: ${JSON.stringify(after)} }
`,
    );
    const receive = [process.execPath, catcher, diode.centreAddress, port, link];
    const farEnd = start([...diode.at("centre"), ...receive]);
    try {
      const lines = createInterface({ input: farEnd.stdout! })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe("listening");
      const send = [process.execPath, bin, "send", "--once", "--config", installation.senderYaml];
      await promisify(execFile)("ip", [...diode.at("site"), ...send], { env: environment });
      const arrived = [(await lines.next()).value, (await lines.next()).value];
      expect(arrived.map((name) => String(name).split(".")[1])).toEqual(["config", "keyframe"]);
    } finally {
      farEnd.kill();
      await once(farEnd, "close");
      await site.close();
    }
    expect(await readdir(link)).toHaveLength(2);
    expect(reportOf(await installation.receive())).toMatchObject({ accepted: 2, refused: 0 });
    expect(await diode.bytesToCentre()).toBeGreaterThan(1000);
    expect(await diode.bytesToSite()).toBe(0);
  },
);

const environment = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };

function start(words: readonly string[]): ChildProcess {
  return spawn("ip", words, { stdio: ["ignore", "pipe", "inherit"], env: environment });
}
