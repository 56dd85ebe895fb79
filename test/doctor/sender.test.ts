// `siteferry doctor sender` beside a real Icinga 2, a real sshd and a listener with TLS: well, and then with
// one thing broken after the other. As a user like any other: root may do everything.

import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { httpListener, parseListenAddress } from "@siteferry/carry";
import { parseSiteId } from "@siteferry/model";
import { freePort, makeCertificate, makeTemporaryDirectory } from "@siteferry/testkit";
import { icinga2Host, missingFor, startIcinga2 } from "@siteferry/testkit/cores";
import { makeSshKey, startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { siteferry } from "../command-line.ts";
import { doctor } from "./doctor.ts";

const nobody = 65_534;
const site = parseSiteId("remote1")!;
const token = "a".repeat(32);
const unavailable =
  missingFor("icinga2") ??
  missingFor("sshd") ??
  (process.getuid?.() === 0 ? null : "only root can become another user");

describe.skipIf(unavailable !== null)(`doctor sender ${unavailable ?? ""}`, () => {
  test("a set-up that is well passes; of one that isn't the right line says what is wrong", async () => {
    await using directory = await makeTemporaryDirectory("doctor");
    const { path } = directory;
    const at = (name: string): string => `${path}/${name}`;
    await using core = await startIcinga2({ objects: icinga2Host("web", {}) });
    await using sshd = await startSshd({
      authorizedKeys: [await makeSshKey(at("ssh.key"))],
    });
    const authority = await makeCertificate(path, "authority");
    const good = await makeCertificate(path, "good", { authority });
    const expired = await makeCertificate(path, "expired", { authority, isExpired: true });
    const port = await freePort();
    const clearPort = await freePort();
    const listen = async (certificate: typeof good | null) => {
      const listener = httpListener({
        listen: parseListenAddress(`127.0.0.1:${certificate === null ? clearPort : port}`)!,
        secrets: async () => ({
          tls: certificate && { cert: certificate.cert, key: certificate.key },
          access: new Map([[site, { token, certificate: null }]]),
        }),
        warn: () => {},
      });
      await listener.listen(async () => null);
      return listener;
    };
    let listener = await listen(good);
    const behindSshd = await listen(null);

    // Root made some of it for itself; a user of its own sends.
    await chmod(path, 0o755);
    await chmod(core.directory, 0o755);
    await chmod(core.socketPath, 0o777);
    const known = sshd.hostKeys.map((key) => `[127.0.0.1]:${sshd.port} ${key}\n`).join("");
    await writeFile(at("known_hosts"), known);
    for (const name of ["link", "spool", "incoming"]) await mkdir(at(name));
    const keygen = await siteferry(["keygen", at("remote1.key"), "-C", "remote1"]);
    const keyLine = keygen.stdout.split("\n").at(-2) ?? "";
    await writeFile(at("centre_keys"), keyLine.replace("remote1", "central"));
    await writeFile(at("token"), token, { mode: 0o600 });
    for (const name of ["ssh.key", "remote1.key", "token", "spool", "link"]) {
      await chown(at(name), nobody, nobody);
    }
    const write = async (changed: Readonly<Record<string, string>> = {}): Promise<void> => {
      const keys = {
        socket: `unix:${core.socketPath}`,
        known: at("known_hosts"),
        centreKeys: `centreKeys: ${at("centre_keys")}`,
        ...changed,
      };
      await writeFile(
        at("sender.yaml"),
        `site: remote1
centre: central
livestatus: ${keys.socket}
key: ${at("remote1.key")}
spool: ${at("spool")}
${keys.centreKeys}
transports:
  - drop: { dir: ${at("link")} }
  - ssh:
      host: 127.0.0.1
      port: ${sshd.port}
      user: ${sshd.user}
      key: ${at("ssh.key")}
      knownHosts: ${keys.known}
      directory: ${at("incoming")}
  - ssh:
      { host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user}, key: ${at("ssh.key")}, knownHosts: ${keys.known} }
  - ssh:
      host: 127.0.0.1
      port: ${sshd.port}
      user: ${sshd.user}
      key: ${at("ssh.key")}
      knownHosts: ${keys.known}
      tunnel: { port: ${clearPort}, token: ${at("token")} }
  - http: { url: "https://127.0.0.1:${port}", ca: ${authority.certPath}, token: ${at("token")} }
`,
      );
    };
    const look = () => doctor("sender", at("sender.yaml"), nobody);
    await write();
    // Nothing was ever sent; and the certificates of this test last for two days.
    const usual = [
      expect.stringMatching(/^WARNING certificate: .*expires in 1 days/),
      expect.stringMatching(/^WARNING last run: nothing was ever sealed/),
    ];
    const well = await look();
    expect(well.troubles).toEqual(usual);
    expect(well.status).toBe(1);
    for (const line of [
      /^OK core: icinga2 .*answers/,
      /^OK core: 1 hosts and 0 services/,
      /^OK link: ssh:.* lets us in, and .*incoming is there/,
      /^OK link: ssh:.* its host key is the known one, and it lets us in/,
      /^OK link: ssh:\S+ to port \d+ answers, and lets remote1 in/,
      /^OK link: https:.* answers, and lets remote1 in/,
      /^OK clock: this clock is \d+ s /,
      /^OK disk: .*synced, linked and locked/,
    ]) {
      expect(well.lines).toContainEqual(expect.stringMatching(line));
    }

    // Each: break it, the line that has to be there, mend it.
    const cases: readonly {
      readonly line: RegExp;
      readonly broken: () => Promise<unknown>;
      readonly mended: () => Promise<unknown>;
    }[] = [
      {
        line: /^FAIL socket: nobody may not open \S+live, which belongs to root/,
        broken: () => chmod(core.socketPath, 0o700),
        mended: () => chmod(core.socketPath, 0o777),
      },
      {
        line: /^FAIL socket: \/nowhere\/live isn't there/,
        broken: () => write({ socket: "unix:/nowhere/live" }),
        mended: () => write(),
      },
      {
        line: /^FAIL spool: \S+ belongs to root, and this runs as nobody/,
        broken: () => mkdir(at("spool/sender")),
        mended: () => rm(at("spool/sender"), { recursive: true }),
      },
      {
        line: /^FAIL key: \S+remote1.key has mode 0644: others may read it/,
        broken: () => chmod(at("remote1.key"), 0o644),
        mended: () => chmod(at("remote1.key"), 0o600),
      },
      {
        line: /^FAIL link: nobody may not write in drop:/,
        broken: () => chown(at("link"), 0, 0),
        mended: () => chown(at("link"), nobody, nobody),
      },
      {
        line: /^FAIL link: .*its ssh-ed25519 key SHA256:\S+ is unknown: .*known_hosts/,
        broken: () => writeFile(at("known_hosts"), ""),
        mended: () => writeFile(at("known_hosts"), known),
      },
      {
        line: /^FAIL link: .* \/?.*incoming.*(?:No such file|isn't there)/i,
        broken: () => rename(at("incoming"), at("gone")),
        mended: () => rename(at("gone"), at("incoming")),
      },
      {
        line: /^FAIL link: https:.* answers 401/,
        broken: () => writeFile(at("token"), "b".repeat(32)),
        mended: () => writeFile(at("token"), token),
      },
      {
        line: /^FAIL certificate: the certificate of 127.0.0.1:\d+ \(expired\) expired on /,
        async broken() {
          await listener.close();
          listener = await listen(expired);
        },
        async mended() {
          await listener.close();
          listener = await listen(good);
        },
      },
      {
        line: /^FAIL centreKeys: .* brings receipts, and centreKeys isn't set/,
        broken: () => write({ centreKeys: "" }),
        mended: () => write(),
      },
      {
        line: /^FAIL settings: .*unknown key "sites"; did you mean "site"/,
        broken: async () =>
          writeFile(at("sender.yaml"), `sites: x\n${await readFile(at("sender.yaml"), "utf8")}`),
        mended: () => write(),
      },
    ];
    for (const { line, broken, mended } of cases) {
      await broken();
      const { status, troubles, lines } = await look();
      expect(troubles, lines.join("\n")).toContainEqual(expect.stringMatching(line));
      expect(status).toBe(2);
      await mended();
    }
    expect((await look()).troubles).toEqual(usual);
    await Promise.all([listener.close(), behindSshd.close()]);
  });
});
