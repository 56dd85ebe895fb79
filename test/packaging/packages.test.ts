// What `pnpm package` makes, on a copy of this machine without Node and without the checkout: runs,
// installs, upgrades, goes away.

import { spawnSync } from "node:child_process";
import { copyFile, open, readFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry } from "../command-line.ts";
import { install, reportOf } from "../installation.ts";
import {
  buildPackages,
  endGpg,
  makeKeys,
  makeSshKey,
  namesFor,
  raiseVersion,
  top,
  version,
} from "./built.ts";
import { type CopiedMachine, copyMachine } from "../copied-machine.ts";
import { makeOmdSite, runCrontab } from "./omd-site.ts";

const buildTimeoutMs = 600_000;
const here = namesFor(process.arch);
const examples = "/usr/share/doc/siteferry/examples";
const program = `/packages/${here.program}`;
/** On x64 that for arm64 runs in an emulator; the other way round nobody has tried. */
const withArm64 = process.arch === "x64" && missingFor("arm64") === null;

/** In sh: from now on the copy seems to run systemd, and what that is told stands in /tmp/systemctl. */
const pretendSystemd = `mkdir -p /run/systemd/system; rm -f /usr/sbin/policy-rc.d
printf '#!/bin/sh\necho "$*" >> /tmp/systemctl\n' > /usr/bin/systemctl; chmod 755 /usr/bin/systemctl`;
const toldSystemd =
  "sed -n 's/ siteferry-send.service siteferry-receive.service$//p' /tmp/systemctl";

describe.skipIf(missingFor("rpm") !== null)("packages", () => {
  let directory: TemporaryDirectory;
  const stack = new AsyncDisposableStack();
  const at = (name: string): string => `${directory.path}/${name}`;

  beforeAll(async () => {
    directory = stack.use(await makeTemporaryDirectory("packages"));
    const keys = makeKeys(directory.path);
    stack.defer(() => endGpg(keys));
    buildPackages(at("dist"), withArm64 ? "all" : "this", keys);
    await copyFile(`${keys.gpgHome}/release.asc`, at("dist/release.asc"));
    // The copy sees what lies in here, and its sockets.
    const site = makeFakeSite({ hosts: 3, servicesPerHost: 4, seed: 1, clock: Date });
    const core = await serve(parseAddress(`unix:${at("dist")}/live`), site.source, {});
    stack.defer(() => core.close());
    installed = stack.use(await copy());
    await output(installed, `dpkg -i /packages/${here.deb}`);
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

  test("checksums are right and signed, as the documents say to check it", async () => {
    const document = await readFile(`${top}/docs/installation.md`, "utf8");
    const verify = /^ {4}(ssh-keygen -Y verify [^]*?SHA256SUMS)$/m.exec(document)?.[1] ?? "false";
    const check = async (key: string, sums: string): Promise<number | null> => {
      const line = `siteferry ${await readFile(at(`${key}.pub`), "utf8")}`;
      const script = `set -e; cd "$1"; printf %s "$2" > release_signers; ${verify.replace("< SHA256SUMS", `< ${sums}`)}`;
      return spawnSync("sh", ["-c", script, "sh", at("dist"), line]).status;
    };
    expect(await check("release", "SHA256SUMS")).toBe(0);
    expect(await check("release", here.deb)).not.toBe(0);
    makeSshKey(at("another"));
    expect(await check("another", "SHA256SUMS")).not.toBe(0);
  });

  test("the bill of materials names the libraries", async () => {
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
    expect(await machine.sh(`${program} --version`)).toEqual(said);
    expect(await machine.sh(`NODE_OPTIONS='--require=/nowhere' ${program} --version`)).toEqual(
      said,
    );
    expect(await output(machine, `${program} demo --cycles 2`)).toMatch(
      /Applied +\d+ check results[^]*\n +siteferry inspect FILE/,
    );
    expect(await output(machine, `ln -s ${program} /tmp/livedump; /tmp/livedump -V`)).toContain(
      "livedump by siteferry",
    );
    expect(await output(machine, `${program} dump -s unix:/packages/live | head -1`)).toContain(
      "host_name",
    );
  });

  test("the executable in an otherwise empty root, with the libraries of glibc alone", async () => {
    await using machine = await copy();
    const script = `mkdir -p /tmp/bare && cp ${program} /tmp/bare/siteferry &&
ldd ${program} | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "/tmp/bare$(dirname "$library")"; cp -L "$library" "/tmp/bare$library"
done
chroot /tmp/bare /siteferry --version`;
    expect(await output(machine, script)).toBe(`${version}\n`);
  });

  test("a .deb is installed, upgraded, removed and purged; settings and spool last till then", async () => {
    await using machine = await copy();
    const run = (script: string): Promise<string> => output(machine, script);
    // Whoever shares this machine may have files of that name.
    const find = "find /etc /usr /var -path '*siteferry*'";
    const before = await run(find);
    await run(`dpkg -i /packages/${here.deb}`);
    const owners = "stat -c '%U:%G %a' /etc/siteferry /var/lib/siteferry";
    expect(await run(owners)).toBe("siteferry:siteferry 750\n".repeat(2));
    expect(await run("getent passwd siteferry")).toMatch(/:\/usr\/sbin\/nologin$/m);
    expect(await run("dpkg --verify siteferry")).toBe("");

    await run(`set -e
ferry() { runuser -u siteferry -- siteferry "$@"; }
examples=${examples}
ferry keygen /etc/siteferry/remote1.key -C remote1 | tail -n 1 > /etc/siteferry/allowed_signers
install -d -o siteferry /srv/ferry /tmp/checkresults
sed 's#unix:.*#unix:/packages/live#' $examples/config/sender.yaml > /etc/siteferry/sender.yaml
sed -e '/^targets:/,$d' -e 's/contacts: .*/objects: { autoApprove: true } }/' $examples/config/receiver.yaml > /etc/siteferry/receiver.yaml
printf 'targets:\\n  - checkresults: { dir: /tmp/checkresults, core: nagios }\\n' >> /etc/siteferry/receiver.yaml
chmod 755 /packages; chmod 777 /packages/live
sed -n "s/^#\\* \\* \\* \\* \\* nagios //p" $examples/cron/siteferry | while read -r line; do
  runuser -u siteferry -- sh -c "$line" || exit 1
done
ls /tmp/checkresults/*.ok`);
    expect(await run("runuser -u siteferry -- siteferry status")).toContain("remote1");

    // An administrator has made the core's user their owner.
    await run("chown -R games: /etc/siteferry /var/lib/siteferry");
    await run(raiseVersion(`/packages/${here.deb}`));
    await run(pretendSystemd);
    await run("dpkg -i /tmp/raised.deb");
    expect(await run("dpkg-query -W -f '${Version}' siteferry")).toBe(`${version}+1`);
    const kept =
      "ls /etc/siteferry/sender.yaml /etc/siteferry/remote1.key /var/lib/siteferry/receiver/sites";
    expect(await run(kept)).toContain("remote1");
    expect(await run(owners)).toBe("games:games 750\n".repeat(2));

    await run("dpkg --remove siteferry");
    expect(await run(toldSystemd)).toBe("try-restart\nstop\n--quiet disable\n");
    expect(await machine.sh("command -v siteferry")).toMatchObject({ stdout: "" });
    expect(await run(kept)).toContain("remote1");
    expect(await run(owners)).toBe("games:games 750\n".repeat(2));

    await run("dpkg --purge siteferry");
    expect(await run(find)).toBe(before);
  });

  test("an .rpm is installed, put over itself and removed; settings and spool stay", async () => {
    await using machine = await copy();
    const run = (script: string): Promise<string> => output(machine, script);
    const rpm = `/packages/${here.rpm}`;
    expect((await machine.sh(`rpm -K ${rpm}`)).stdout).toContain("SIGNATURES NOT OK");
    await run("rpm --import /packages/release.asc");
    expect(await run(`rpm -K ${rpm}`)).toContain("digests signatures OK");
    const requires = await run(`rpm -qp --requires ${rpm}`);
    expect(requires).toContain("libc.so.6(GLIBC_2.28)(64bit)");
    expect(requires).not.toMatch(/GLIBC_2\.(29|[3-9]\d)/);
    // This machine's libraries aren't in a database of rpm's.
    const first = await machine.sh(`rpm -i --nodeps ${rpm}`);
    expect([first.status, first.stderr]).toEqual([0, expect.not.stringContaining("warning")]);
    expect(await run("rpm -V --nodeps siteferry")).toBe("");
    expect(await run("siteferry --version")).toBe(`${version}\n`);
    await run(pretendSystemd);
    await run("touch /etc/siteferry/sender.yaml; chown games: /etc/siteferry");
    await run(`rpm -U --nodeps --force ${rpm}`);
    const owner = "stat -c %U /etc/siteferry /etc/siteferry/sender.yaml";
    expect(await run(owner)).toBe("games\nroot\n");
    await run("touch /var/lib/siteferry/spool; rpm -e siteferry");
    expect(await run(toldSystemd)).toBe("try-restart\n--quiet disable --now\n");
    expect(await machine.sh("command -v siteferry")).toMatchObject({ stdout: "" });
    expect(await run("ls /etc/siteferry /var/lib/siteferry")).toMatch(/sender\.yaml[^]*spool/);
  });

  test("the units are right, and not more exposed than the documents say", async () => {
    const machine = installed;
    if ((await machine.sh("command -v systemd-analyze")).stdout === "") {
      process.stderr.write("Left out: the units' verification; systemd-analyze isn't there\n");
      return;
    }
    // With the drop-in, and the runs that timers start.
    const verified = await machine.sh(`cp ${examples}/systemd/*-once.* /etc/systemd/system/
for side in send receive; do
  install -D -m 644 ${examples}/systemd/core-user.conf /etc/systemd/system/siteferry-$side.service.d/core-user.conf
done
systemd-analyze verify --man=no /usr/lib/systemd/system/siteferry-*.service /etc/systemd/system/siteferry-*.timer`);
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

  test("sshd's own reader takes the line for authorized_keys", async () => {
    const key = (await readFile(at("release.pub"), "utf8")).trim();
    const line = `sed 's#ssh-ed25519 .*#${key}#' ${examples}/ssh/authorized_keys > /tmp/keys`;
    const read = await output(installed, `${line}; ssh-keygen -lf /tmp/keys`);
    expect(read).toMatch(/ release \(ED25519\)\n$/);
  });

  test.skipIf(missingFor("sudo") !== null)("visudo takes the line for sudoers", async () => {
    const file = `install -m 440 ${examples}/sudo/siteferry /tmp/sudoers`;
    const read = await output(installed, `${file}; visudo --check --strict --file /tmp/sudoers`);
    expect(read).toContain("parsed OK");
  });

  test.skipIf(missingFor("postfix") !== null)("postalias takes the alias", async () => {
    const made = `cp ${examples}/postfix/aliases /tmp/; postalias hash:/tmp/aliases`;
    const read = await output(installed, `${made}; postalias -q ferry hash:/tmp/aliases`);
    expect(read).toBe('"|/usr/bin/siteferry receive --mail"\n');
  });

  test("the example settings are files that their agents take", async () => {
    const find = `find ${examples} -name 'sender.yaml*' -o -name 'receiver.yaml*'`;
    const files = (await output(installed, find)).trim().split("\n");
    expect(files).toHaveLength(4);
    for (const file of files) {
      const verb = file.includes("sender.yaml") ? "outbox" : "status";
      const outcome = await installed.sh(`siteferry ${verb} --config ${file}`);
      expect(outcome, file).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("an OMD site starts, restarts and stops the daemon, or runs it from its crontab", async () => {
    await using machine = await copy();
    await output(machine, makeOmdSite);
    await output(machine, "chmod 755 /packages; chmod 777 /packages/live");
    const site = (script: string) =>
      machine.sh(
        `cd /omd/sites/remote1; runuser -u remote1 -- env HOME="$PWD" USER=remote1 bash -c '${script}'`,
      );
    // Other copies of this machine may have such a site, too.
    const pids = `for pid in $(pgrep -u remote1 -f bin/siteferry); do
  [ /proc/$pid/cwd -ef /omd/sites/remote1 ] && echo $pid
done`;
    const running = async () => (await machine.sh(pids)).stdout;
    const yaml = "etc/siteferry/sender.yaml";
    await site(`tar --extract --gzip --file /packages/${here.tar}
ln -s ../init.d/siteferry etc/rc.d/85-siteferry`);
    // Without a YAML file it is nothing that keeps a site from being well.
    expect(await site("omd start")).toMatchObject({ status: 0 });
    expect(await site("omd status")).toMatchObject({ status: 0 });
    await site(`local/bin/siteferry keygen etc/siteferry/remote1.key -C remote1; mkdir link
sed -e s/SITE/remote1/g -e "s#unix:.*#unix:/packages/live#" -e /^centreKeys/d -e /http:/d ${yaml}.example > ${yaml}`);
    const begun = await site("omd start");
    expect([begun.status, begun.stderr]).toEqual([2, expect.stringContaining("transports")]);
    await site(`echo "  - drop: { dir: /omd/sites/remote1/link }" >> ${yaml}`);
    const stopped = { status: 2, stdout: "siteferry: stopped\ncrontab: running\n" };
    expect(await site("omd status")).toMatchObject(stopped);
    expect(await site("omd start")).toMatchObject({ status: 0, stderr: "" });
    expect(await site("omd status")).toMatchObject({
      status: 0,
      stdout: "siteferry: running\ncrontab: running\n",
    });
    await expect
      .poll(async () => (await site("ls link")).stdout, { timeout: 60_000 })
      .toContain("keyframe.ferry");
    const before = await running();
    expect(before).toMatch(/^\d+\n$/);
    // With settings that it couldn't start with it isn't stopped.
    const reload = await site(`cp ${yaml} good; echo "?" >> ${yaml}; etc/init.d/siteferry reload`);
    expect([reload.status, reload.stderr]).toEqual([1, expect.stringContaining("sender.yaml")]);
    await site(`mv good ${yaml}`);
    expect(await running()).toBe(before);
    expect(await site("omd restart")).toMatchObject({ status: 0 });
    const after = await running();
    expect(after).toMatch(/^\d+\n$/);
    expect(after).not.toBe(before);
    expect((await site("cat etc/logrotate.d/siteferry")).stdout).toMatch(
      /^\/omd\/sites\/remote1\/var\/log\/siteferry\/\*\.log \{/,
    );
    // An upgrade puts another file in the place of the one that runs; and nobody wants it any more.
    await site(`cp local/bin/siteferry new && mv new local/bin/siteferry; mv ${yaml} later`);
    expect(await site("omd stop")).toMatchObject({ status: 0 });
    expect(await running()).toBe("");

    await site(
      `mv later ${yaml}; rm link/*; sed -i "s/^#\\(.* send .*\\)/\\1/" etc/cron.d/siteferry`,
    );
    expect(await site(`OMD_ROOT=$PWD OMD_SITE=remote1 etc/init.d/crontab reload`)).toMatchObject({
      status: 0,
    });
    expect(await site(runCrontab)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await site("ls link")).stdout).toMatch(/\.ferry$/m);

    const page = await readFile(`${top}/docs/installation.md`, "utf8");
    const [commands = ""] = /^ +etc\/init.d\/siteferry stop\n(?: {4}.*\n)+/m.exec(page) ?? [];
    await site(
      "etc/init.d/siteferry start; touch etc/cron.d/other; ls $(tar tzf /packages/*.tar.gz) >/dev/null",
    );
    const removal = commands.replace(
      "siteferry-0.1.0-omd-linux-x64.tar.gz",
      `/packages/${here.tar}`,
    );
    expect(await site(`set -e; ${removal}`)).toMatchObject({ status: 0, stderr: "" });
    expect(await running()).toBe("");
    const left = await site(
      "find . -path ./var -prune -o -name *siteferry* -print; ls etc/siteferry",
    );
    expect(left.stdout).toBe("./etc/siteferry\nremote1.key\nremote1.key.pub\nsender.yaml\n");
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

  describe.skipIf(!withArm64)("for arm64, in an emulator", () => {
    const other = namesFor("arm64");
    test("packages say what they are for", async () => {
      await using file = await open(at(`dist/${other.program}`));
      const { buffer } = await file.read({ buffer: Buffer.alloc(20) });
      // e_machine of ELF: EM_AARCH64.
      expect(buffer.readUInt16LE(18)).toBe(183);
      const deb = await output(installed, `dpkg-deb -f /packages/${other.deb} Architecture`);
      const rpm = await output(installed, `rpm -qp --qf "%{ARCH}" /packages/${other.rpm}`);
      expect([deb, rpm]).toEqual(["arm64\n", "aarch64"]);
      const requires = await output(installed, `rpm -qp --requires /packages/${other.rpm}`);
      expect(requires).toContain("libc.so.6(GLIBC_2.28)(64bit)");
      expect(requires).not.toMatch(/GLIBC_2\.(29|[3-9]\d)/);
    });

    test("the executable reads a core and sends; it receives what another machine's sent", async () => {
      const emulator = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"] as const;
      const run = (words: readonly string[]) =>
        siteferry(words, { program: [...emulator, at(`dist/${other.program}`)] });
      const livestatus = `unix:${at("dist")}/live`;
      await using installation = await install({ livestatus });
      const { senderYaml, receiverYaml } = installation;
      const sent = await run(["send", "--once", "--config", senderYaml]);
      expect(reportOf(sent)).toMatchObject({ msg: "Sealed 2, shipped 2, waiting 0" });
      expect(await installation.receive()).toMatchObject({ status: 0 });
      expect(await installation.send()).toMatchObject({ status: 0 });
      const taken = await run(["receive", "--once", "--config", receiverYaml]);
      expect(reportOf(taken)).toMatchObject({ accepted: 1, refused: 0, failed: 0 });
    }, 300_000);
  });
});
