// One end at a time: what Checkmk's livedump sends, and what siteferry sends in its place, into a
// receiver and from there into a real Nagios; and siteferry's dump into a stand-in of livedump-ssh-recv.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor, startNagios } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { type Run, siteferry } from "./command-line.ts";
import { install, reportOf } from "./installation.ts";
import {
  bundlesIn,
  livedump,
  mail,
  makeCentre,
  now,
  objects,
  run,
  sshReceiver,
  statesAt,
} from "./livedump-centre.ts";

const noNagios = missingFor("nagios");

describe.skipIf(noNagios !== null)("in a real Nagios", () => {
  test.each(["stdin", "mail"])(
    "what livedump sends by %s shows; what was never checked stays pending",
    async (link) => {
      await using directory = await makeTemporaryDirectory("objects");
      await using core = await startNagios({ objectDirectories: [directory.path] });
      await using centre = await makeCentre("livedump: true, contacts: [testkit-nobody]", {
        objects: directory.path,
        results: core.checkResultsDirectory,
      });
      const feed = async (text: string): Promise<void> => {
        const parameters = [`--${link}`, "remote1", "--format", "livedump"];
        const { status, stdout, stderr } = await centre.feed(
          parameters,
          link === "mail" ? mail(text) : text,
        );
        expect([status, stdout], stderr).toEqual([0, ""]);
        const received = await centre.receive();
        expect([received.status, reportOf(received)["accepted"]], received.stderr).toEqual([0, 1]);
      };
      await feed(objects);
      await core.reload();
      const at = now();
      await feed(statesAt(at));
      const { hosts, services } = await core.waitUntil("the states", (status) =>
        ["CPU load", "Disk C:\\Data"].every(
          (name) => status.services.get(`web1;${name}`)?.["has_been_checked"] === "1",
        ),
      );
      const shown = { last_check: String(at), has_been_checked: "1" };
      expect(hosts.get("web1")).toMatchObject({ ...shown, current_state: "0" });
      expect(services.get("web1;CPU load")).toMatchObject({
        ...shown,
        current_state: "1",
        plugin_output: "WARN - load 7",
        performance_data: "load1=7;5;10",
      });
      expect(services.get("web1;Disk C:\\Data")).toMatchObject({
        ...shown,
        current_state: "2",
        plugin_output: "CRIT - C:\\new\\temp",
        performance_data: "'C:\\new'=9%;5;8 'C:\\",
      });
      for (const pending of [hosts.get("new1"), services.get("web1;Never")]) {
        expect(pending).toMatchObject({ has_been_checked: "0", plugin_output: "" });
      }
    },
  );
});

describe("what siteferry dumps", () => {
  /** The columns of livedump's formats. */
  const columns: Readonly<Record<"status" | "config", string>> = {
    status:
      "name host_name description has_been_checked state last_check execution_time latency plugin_output long_plugin_output perf_data",
    config:
      "name host_name description alias address groups contacts max_check_attempts icon_image",
  };

  test.each(["status", "config"] as const)(
    "comes back row by row from %s, as far as the format has it",
    async (mode) => {
      await using directory = await makeTemporaryDirectory("round-trip");
      const livestatus = `unix:${directory.path}/live`;
      const clock = { now: () => Date.now() };
      const { source } = makeFakeSite({ hosts: 14, servicesPerHost: 12, seed: 3, clock });
      const site = await serve(parseAddress(livestatus), source, { flavour: "naemon" });
      await using installation = await install({ livestatus });
      await using centre = await makeCentre();
      const flags = mode === "config" ? ["-CTM", "--include-host-icon"] : ["-M"];
      const dumped = await siteferry(["dump", "-s", livestatus, ...flags]);
      const sent = await installation.send();
      await site.close();
      expect([sent.status, dumped.status]).toEqual([0, 0]);
      const fed = await centre.feed(livedump, dumped.stdout);
      expect([fed.status, fed.stdout], fed.stderr).toEqual([0, ""]);
      const [came] = await centre.arrivals();
      const travelled = (await bundlesIn(installation.link)).find(
        ({ name }) => name.includes(".config.") === (mode === "config"),
      );
      for (const table of ["hosts", "services"]) {
        const ofSite = travelled!.tables[table]!.filter(
          ({ has_been_checked: checked = 1 }) => checked === 1,
        );
        expect(ofSite.length).toBeGreaterThan(10);
        const known = (rows: readonly Readonly<Record<string, unknown>>[]): unknown =>
          rows.map((row) =>
            Object.fromEntries(
              columns[mode]
                .split(" ")
                .filter((name) => name in row)
                .map((name) => [name, row[name]]),
            ),
          );
        // Services have no icon there; of a text with a semicolon the dump itself makes the name.
        const shown = ofSite.map((row) =>
          table === "services"
            ? { ...row, icon_image: null }
            : { ...row, alias: String(row["alias"]).includes(";") ? row["name"] : row["alias"] },
        );
        expect(known(came!.tables[table]!)).toEqual(known(shown));
      }
    },
  );

  test("feeds a livedump-ssh-recv that is there already", async () => {
    await using directory = await makeTemporaryDirectory("ssh-recv");
    const root = directory.path;
    for (const path of ["etc/nagios/conf.d", "tmp/nagios/checkresults"]) {
      await mkdir(`${root}/${path}`, { recursive: true });
    }
    const livestatus = `unix:${root}/live`;
    const clock = { now: () => Date.now() };
    const { source } = makeFakeSite({ hosts: 3, servicesPerHost: 4, seed: 3, clock });
    const site = await serve(parseAddress(livestatus), source, { flavour: "naemon" });
    const dump = async (...flags: readonly string[]): Promise<string> =>
      (
        await siteferry(["dump", "-s", livestatus, ...flags], {
          environment: { OMD_SITE: "r/1.x" },
        })
      ).stdout;
    const receive = (text: string): Promise<Run> =>
      run("/bin/sh", ["-c", sshReceiver], text, { OMD_ROOT: root });
    expect(await receive(await dump("-CTM"))).toMatchObject({ status: 0 });
    expect(await readFile(`${root}/etc/nagios/conf.d/remote-r_1_x.cfg`, "utf8")).toBe(
      await dump("-CT"),
    );
    expect(await receive(await dump("-M"))).toMatchObject({ status: 0 });
    const [name = "", marker] = (await readdir(`${root}/tmp/nagios/checkresults`)).sort();
    expect(name).toMatch(/^c.{6}$/);
    expect(marker).toBe(`${name}.ok`);
    expect(await readFile(`${root}/tmp/nagios/checkresults/${name}`, "utf8")).toBe(await dump());
    await site.close();
    // A dump that failed is nothing at all, which it refuses.
    expect(await receive(await dump("-M"))).toMatchObject({ status: 1 });
  });
});

describe("the door", () => {
  test("what isn't livedump's, or isn't allowed, leaves nothing behind", async () => {
    await using centre = await makeCentre();
    const evil = `${objects}define command {\n  command_name evil\n  command_line id\n}\n`;
    for (const [text, message] of [
      [evil, "command_name evil"],
      ["", "is empty"],
      ["status\n", "no object"],
      [objects.slice(0, -20), "middle of a line"],
      [Buffer.alloc(100 * 1024 * 1024, "a"), "bytes"],
      [Buffer.from([0xff, 0xfe, 0, 1]), "UTF-8"],
    ] as const) {
      const { status, stdout, stderr } = await centre.feed(livedump, text);
      expect([status, stdout], stderr).toEqual([76, ""]);
      expect(stderr).toContain("livedump-invalid");
      expect(stderr).toContain(message);
    }
    for (const parameters of [
      ["--format", "livedump"],
      ["--mail", "--format", "livedump"],
      ["--mail", "remote1"],
    ]) {
      const { status, stderr } = await centre.feed(parameters, "");
      expect(status, stderr).not.toBe(0);
    }
    expect(await centre.arrivals()).toEqual([]);
    await using closed = await makeCentre("livedump: false");
    const refused = await closed.feed(livedump, objects);
    expect([refused.status, refused.stderr]).toEqual([
      78,
      expect.stringContaining("livedump-not-allowed"),
    ]);
    await using strange = await makeCentre();
    await writeFile(`${strange.path}/allowed_signers`, "");
    const unknown = await strange.feed(livedump, objects);
    expect([unknown.status, unknown.stderr]).toEqual([76, expect.stringContaining("key-unknown")]);
  });

  test("of many at once each has its own number, and the newest is the one that is shown", async () => {
    await using centre = await makeCentre();
    const at = now();
    const texts = [0, 1, 2, 3].map((index) => statesAt(at - 10 + index, `load ${index}|`));
    const runs = await Promise.all(texts.map((text) => centre.feed(livedump, text)));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    const names = (await centre.arrivals()).map(({ name }) => name.split("-")[2]!.slice(0, 12));
    expect(names).toEqual([1, 2, 3, 4].map((number) => String(number).padStart(12, "0")));
    const last = await centre.feed(livedump, statesAt(at, "load last|"));
    expect(last.status, last.stderr).toBe(0);
    const received = await centre.receive();
    expect(reportOf(received), received.stderr).toMatchObject({ accepted: 5, late: 0, missed: 0 });
    const files = (await readdir(`${centre.path}/results`)).filter((name) => !name.endsWith(".ok"));
    const results = await Promise.all(
      files.map((name) => readFile(`${centre.path}/results/${name}`, "utf8")),
    );
    expect(results.join("")).toContain("output=load last\n");
    expect(results.join("")).not.toMatch(/output=load \d/);
  });
});

test.skipIf(missingFor("strace") !== null)(
  "kill -9 between the number and the arrival: the number is passed over, the next dump counts",
  async () => {
    await using centre = await makeCentre();
    const first = await centre.feed(livedump, objects);
    expect(first.status, first.stderr).toBe(0);
    // The first rename makes the number durable, the second one puts the bundle among the arrivals.
    const strace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=rename"];
    const inject = ["-e", "inject=rename:signal=SIGKILL:when=2"];
    const killed = await centre.feed(livedump, statesAt(now() - 60), [...strace, ...inject]);
    expect([killed.status, killed.stdout]).toEqual([null, ""]);
    const before = await centre.arrivals();
    const last = await centre.feed(livedump, statesAt(now(), "load last|"));
    expect(last.status, last.stderr).toBe(0);
    const arrivals = await centre.arrivals();
    expect(arrivals.length).toBe(before.length + 1);
    expect(arrivals.at(-1)!.name).toMatch(/-000000000003\.keyframe\./);
    const received = await centre.receive();
    expect(reportOf(received), received.stderr).toMatchObject({
      accepted: arrivals.length,
      missed: 3 - arrivals.length,
      refused: 0,
      results: 3,
    });
  },
);

test("a Maildir of one site's dumps: taken into done, what is no dump into refused", async () => {
  await using centre = await makeCentre();
  const maildir = `${centre.path}/maildir`;
  for (const folder of ["tmp", "new", "cur"])
    await mkdir(`${maildir}/${folder}`, { recursive: true });
  const settings = `${centre.path}/receiver.yaml`;
  await writeFile(
    settings,
    `${await readFile(settings, "utf8")}transports:
  - mail:
      maildir: { dir: ${maildir}, done: ${maildir}-done, refused: ${maildir}-refused, livedump: remote1 }
`,
  );
  await writeFile(`${maildir}/new/1`, mail(objects, "config remote9"));
  await writeFile(`${maildir}/new/2`, mail("Dear Sir or Madam,\n", "status"));
  const first = await centre.receive();
  expect(reportOf(first), first.stderr).toMatchObject({ accepted: 1, refused: 1 });
  const encoded = statesAt(now()).replaceAll("=", "=3D").replaceAll("PING OK", "PING =\nOK");
  const letter = mail(encoded).replace("8bit", "quoted-printable").replaceAll("\n", "\r\n");
  await writeFile(`${maildir}/new/3`, letter);
  const second = await centre.receive();
  expect(reportOf(second), second.stderr).toMatchObject({ accepted: 1, results: 3 });
  expect(first.stderr).toContain('line 1 is \\"Dear Sir or Madam,');
  const left = async (name: string): Promise<string[]> => await readdir(`${name}/new`);
  expect(await left(maildir)).toEqual([]);
  expect((await left(`${maildir}-done`)).sort()).toEqual(["1", "3"]);
  expect(await left(`${maildir}-refused`)).toEqual(["2"]);
});
