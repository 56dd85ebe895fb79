// What `pnpm package` makes, on a copy of this machine without Node and without the checkout: runs,
// installs, upgrades, goes away.

import { readFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPackages, raiseVersion, top, version } from "./built.ts";
import { type CopiedMachine, copyMachine } from "../copied-machine.ts";

const buildTimeoutMs = 300_000;

describe.skipIf(missingFor("rpm") !== null)("packages", () => {
  let directory: TemporaryDirectory;
  const stack = new AsyncDisposableStack();
  const at = (name: string): string => `${directory.path}/${name}`;

  beforeAll(async () => {
    directory = stack.use(await makeTemporaryDirectory("packages"));
    buildPackages(at("dist"));
    // The copy sees what lies in here, and its sockets.
    const site = makeFakeSite({ hosts: 3, servicesPerHost: 4, seed: 1, clock: Date });
    const core = await serve(parseAddress(`unix:${at("dist")}/live`), site.source, {});
    stack.defer(() => core.close());
    installed = stack.use(await copy());
    await output(installed, "dpkg -i /packages/siteferry_*.deb");
  }, buildTimeoutMs);
  afterAll(() => stack.disposeAsync());

  let installed: CopiedMachine;
  let copies = 0;
  const copy = (): Promise<CopiedMachine> =>
    copyMachine(at(`copy-${++copies}`), { "/packages": at("dist") });

  /** What a line of sh printed; it must end with 0. */
  async function output(machine: CopiedMachine, script: string): Promise<string> {
    const { status, stdout, stderr } = await machine.sh(script);
    if (status !== 0) throw new Error(`${script}\nended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  test("checksums are right, and the bill of materials names the libraries", async () => {
    await using machine = await copy();
    await output(machine, "cd /packages && sha256sum -c SHA256SUMS");
    const bill = JSON.parse(await readFile(at(`dist/siteferry-${version}.cdx.json`), "utf8")) as {
      components: { name: string; version: string; purl: string }[];
    };
    const named = bill.components.map(({ name, version: of }) => `${name} ${of}`);
    const listed = await readFile(`${top}/docs/decisions/0008-libraries.md`, "utf8");
    const rows = listed.matchAll(/^\| (\S+) +\| (\d+\.\d+\.\d+) +\|/gm);
    const libraries = Array.from(rows, ([, name, of]) => `${name} ${of}`);
    expect(libraries.length).toBeGreaterThan(10);
    expect(named).toEqual(expect.arrayContaining([...libraries, `node ${process.versions.node}`]));
  });

  test("the executable needs neither Node nor anything beside itself", async () => {
    await using machine = await copy();
    expect(await machine.sh("command -v node")).toMatchObject({ stdout: "" });
    expect(await machine.sh(`ls ${top}`)).toMatchObject({ stdout: "" });
    // A cache that isn't taken would be said here.
    const said = { status: 0, stdout: `${version}\n`, stderr: "" };
    expect(await machine.sh("/packages/siteferry --version")).toEqual(said);
    expect(
      await machine.sh("NODE_OPTIONS='--require=/nowhere' /packages/siteferry --version"),
    ).toEqual(said);
    expect(await output(machine, "/packages/siteferry demo --cycles 2")).toMatch(
      /Applied +\d+ check results[^]*\n +siteferry inspect FILE/,
    );
    expect(
      await output(machine, "ln -s /packages/siteferry /tmp/livedump; /tmp/livedump -V"),
    ).toContain("livedump by siteferry");
    expect(
      await output(machine, "/packages/siteferry dump -s unix:/packages/live | head -1"),
    ).toContain("host_name");
  });

  test("the executable in an otherwise empty root, with the libraries of glibc alone", async () => {
    await using machine = await copy();
    const script = `mkdir -p /tmp/bare && cp /packages/siteferry /tmp/bare/ &&
ldd /packages/siteferry | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "/tmp/bare$(dirname "$library")"; cp -L "$library" "/tmp/bare$library"
done
chroot /tmp/bare /siteferry --version`;
    expect(await output(machine, script)).toBe(`${version}\n`);
  });

  test("a .deb is installed, upgraded, removed and purged; settings and spool last till then", async () => {
    await using machine = await copy();
    const run = (script: string): Promise<string> => output(machine, script);
    await run("dpkg -i /packages/siteferry_*.deb");
    const owners = "stat -c '%U:%G %a' /etc/siteferry /var/lib/siteferry";
    expect(await run(owners)).toBe("siteferry:siteferry 750\n".repeat(2));
    expect(await run("getent passwd siteferry")).toMatch(/:\/usr\/sbin\/nologin$/m);
    expect(await run("dpkg --verify siteferry")).toBe("");

    await run(`set -e
ferry() { runuser -u siteferry -- siteferry "$@"; }
examples=/usr/share/doc/siteferry/examples/config
ferry keygen /etc/siteferry/remote1.key -C remote1 | tail -n 1 > /etc/siteferry/allowed_signers
install -d -o siteferry /srv/ferry /tmp/checkresults
sed 's#unix:.*#unix:/packages/live#' $examples/sender.yaml > /etc/siteferry/sender.yaml
sed -e '/^targets:/,$d' -e 's/contacts: .*/objects: { autoApprove: true } }/' $examples/receiver.yaml > /etc/siteferry/receiver.yaml
printf 'targets:\\n  - checkresults: { dir: /tmp/checkresults, core: nagios }\\n' >> /etc/siteferry/receiver.yaml
chmod 755 /packages; chmod 777 /packages/live
ferry send --once --log-level warn
ferry receive --once --log-level warn
ls /tmp/checkresults/*.ok`);
    expect(await run("runuser -u siteferry -- siteferry status")).toContain("remote1");

    // An administrator has made the core's user their owner.
    await run("chown -R games: /etc/siteferry /var/lib/siteferry");
    await run(raiseVersion);
    await run("dpkg -i /tmp/raised.deb");
    expect(await run("dpkg-query -W -f '${Version}' siteferry")).toBe(`${version}+1`);
    const kept =
      "ls /etc/siteferry/sender.yaml /etc/siteferry/remote1.key /var/lib/siteferry/receiver/sites";
    expect(await run(kept)).toContain("remote1");
    expect(await run(owners)).toBe("games:games 750\n".repeat(2));

    await run("dpkg --remove siteferry");
    expect(await machine.sh("command -v siteferry")).toMatchObject({ stdout: "" });
    expect(await run(kept)).toContain("remote1");
    expect(await run(owners)).toBe("games:games 750\n".repeat(2));

    await run("dpkg --purge siteferry");
    const left = "find /etc /usr /var -path '*siteferry*'";
    expect(await run(left)).toBe("");
  });

  test("an .rpm is installed, put over itself and removed; settings and spool stay", async () => {
    await using machine = await copy();
    const run = (script: string): Promise<string> => output(machine, script);
    expect(await run("rpm -K --nosignature /packages/*.rpm")).toContain("digests OK");
    const requires = await run("rpm -qp --requires /packages/*.rpm");
    expect(requires).toContain("libc.so.6(GLIBC_2.28)(64bit)");
    expect(requires).not.toMatch(/GLIBC_2\.(29|[3-9]\d)/);
    // This machine's libraries aren't in a database of rpm's.
    await run("rpm -i --nodeps /packages/*.rpm");
    expect(await run("rpm -V --nodeps siteferry")).toBe("");
    expect(await run("siteferry --version")).toBe(`${version}\n`);
    await run("touch /etc/siteferry/sender.yaml; chown games: /etc/siteferry");
    await run("rpm -U --nodeps --force /packages/*.rpm");
    const owner = "stat -c %U /etc/siteferry /etc/siteferry/sender.yaml";
    expect(await run(owner)).toBe("games\nroot\n");
    await run("touch /var/lib/siteferry/spool; rpm -e siteferry");
    expect(await machine.sh("command -v siteferry")).toMatchObject({ stdout: "" });
    expect(await run("ls /etc/siteferry /var/lib/siteferry")).toMatch(/sender\.yaml[^]*spool/);
  });

  test("the units are right, and not more exposed than the documents say", async () => {
    const machine = installed;
    if ((await machine.sh("command -v systemd-analyze")).stdout === "") {
      process.stderr.write("Left out: the units' verification; systemd-analyze isn't there\n");
      return;
    }
    const units =
      "/usr/lib/systemd/system/siteferry-*.service /usr/share/doc/siteferry/examples/systemd/*.timer";
    const verified = await machine.sh(`systemd-analyze verify --man=no ${units}`);
    expect(verified.stderr.split("\n").filter((line) => line.includes("siteferry"))).toEqual([]);
    const document = await readFile(`${top}/docs/installation.md`, "utf8");
    const promised = Number(/exposure (?:level )?of (\d\.\d)/.exec(document)?.[1]);
    for (const side of ["send", "receive"]) {
      const unit = `/usr/lib/systemd/system/siteferry-${side}.service`;
      const { stdout } = await machine.sh(
        `systemd-analyze security --no-pager --offline=true ${unit}`,
      );
      const exposure = /exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1];
      expect(Number(exposure), stdout).toBeLessThanOrEqual(promised);
    }
  });

  test("the example settings are files that their agents take", async () => {
    const find =
      "find /usr/share/doc/siteferry/examples -name 'sender.yaml*' -o -name 'receiver.yaml*'";
    const files = (await output(installed, find)).trim().split("\n");
    expect(files).toHaveLength(4);
    for (const file of files) {
      const verb = file.includes("sender.yaml") ? "outbox" : "status";
      const outcome = await installed.sh(`siteferry ${verb} --config ${file}`);
      expect(outcome, file).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("in an OMD site the daemon starts and stops with the site", async () => {
    await using machine = await copy();
    const run = (script: string): Promise<string> => output(machine, script);
    await run(`useradd --create-home --home-dir /omd/sites/remote1 remote1
cd /omd/sites/remote1 && runuser -u remote1 -- mkdir -p local etc/init.d etc/cron.d tmp/run var
chmod 755 /packages; chmod 777 /packages/live
runuser -u remote1 -- tar --extract --gzip --file /packages/*.tar.gz`);
    const site = (script: string) =>
      machine.sh(`runuser -u remote1 -- env HOME=/omd/sites/remote1 sh -c 'cd; ${script}'`);
    expect(await site("etc/init.d/siteferry status")).toMatchObject({ status: 5 });
    await site(`local/bin/siteferry keygen etc/siteferry/remote1.key -C remote1; mkdir link
sed -e s/SITE/remote1/g -e "s#unix:.*#unix:/packages/live#" -e /^centreKeys/d -e /http:/d etc/siteferry/sender.yaml.example > etc/siteferry/sender.yaml
echo "  - drop: { dir: /omd/sites/remote1/link }" >> etc/siteferry/sender.yaml`);
    expect(await site("etc/init.d/siteferry status")).toMatchObject({ status: 1 });
    expect(await site("etc/init.d/siteferry start")).toMatchObject({ status: 0 });
    expect(await site("etc/init.d/siteferry status")).toMatchObject({ status: 0 });
    await expect
      .poll(async () => (await site("ls link")).stdout, { timeout: 60_000 })
      .toContain("keyframe.ferry");
    // An upgrade puts another file in the place of the one that runs.
    await site("cp local/bin/siteferry new && mv new local/bin/siteferry");
    expect(await site("etc/init.d/siteferry stop")).toMatchObject({ status: 0 });
    expect(await site("etc/init.d/siteferry status")).toMatchObject({ status: 1 });
    expect((await machine.sh("pgrep -u remote1 -f local/bin/siteferry")).stdout).toBe("");
  });

  test("a code is explained without the documents, which it names where they are", async () => {
    const said = await output(installed, "siteferry explain R05");
    expect(said).toMatch(/^key-low-order: .*\n\nNo `ssh-keygen` makes one/);
    expect(said).toContain("/usr/share/doc/siteferry/docs.");
    const bare = "cp /usr/bin/siteferry /tmp/bare && /tmp/bare explain R05";
    expect(await output(installed, bare)).toBe(
      said.slice(0, said.indexOf("\n\nThe documents") + 1),
    );
  });

  test("completion knows the verbs and their flags; the manual page has every verb", async () => {
    const run = (script: string): Promise<string> => output(installed, script);
    const complete = (words: string): Promise<string> =>
      run(`bash -c '. /usr/share/bash-completion/completions/siteferry
COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _siteferry; echo "\${COMPREPLY[*]}"'`);
    expect(await complete('siteferry ""')).toMatch(/^send receive .* --version --help$/m);
    expect(await complete('siteferry quarantine ""')).toMatch(/^list show release drop/);
    expect(await complete("siteferry send --on")).toBe("--once\n");
    expect(await complete("siteferry receive --format l")).toBe("livedump\n");
    expect(await run("head -1 /usr/share/zsh/vendor-completions/_siteferry")).toBe(
      "#compdef siteferry\n",
    );
    const help = await run("siteferry --help");
    const verbs = Array.from(help.matchAll(/^ {2}([a-z]+) .*  /gm), ([, verb]) => verb ?? "");
    const page = await run("gunzip -c /usr/share/man/man1/siteferry.1.gz");
    const keys = await run("man -P cat siteferry.yaml");
    expect(keys).toMatch(/targets\[\]\.objects\.activate\.reload\n +\(list of words\)\n/);
    expect(verbs.length).toBeGreaterThan(12);
    for (const verb of verbs.filter((name) => name !== "help"))
      expect(page).toMatch(new RegExp(`^\\.SS ${verb}\\b`, "m"));
  });
});
