// The real programs that some tests need, and what is said when one of them isn't there.

import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import { searchPath } from "./core-process.ts";

interface RealComponent {
  /** Debian packages. */
  readonly packages: readonly string[];
  /** Programs in the search path, or files by their whole path. */
  readonly files: readonly string[];
  /** Completes "the tests …". */
  readonly tests: string;
}

const components = {
  icinga2: {
    packages: ["icinga2-bin", "icinga2-common"],
    files: ["icinga2", "/usr/share/icinga2/include/itl"],
    tests: "that read a real Icinga 2",
  },
  nagios: {
    packages: ["nagios4-core"],
    files: ["nagios4"],
    tests: "that write into a real Nagios 4",
  },
  nginx: {
    packages: ["nginx"],
    files: ["nginx"],
    tests: "of http behind a real nginx",
  },
  apache: {
    packages: ["apache2-bin"],
    files: ["apache2", "/usr/lib/apache2/modules/mod_proxy_http.so"],
    tests: "of http behind a real Apache",
  },
  tinyproxy: {
    packages: ["tinyproxy-bin"],
    files: ["tinyproxy"],
    tests: "of http through a real proxy",
  },
  sshd: {
    packages: ["openssh-server", "openssh-client"],
    files: ["sshd", "ssh", "ssh-agent", "ssh-keygen"],
    tests: "of ssh against a real sshd",
  },
  postfix: {
    packages: ["postfix"],
    files: ["postfix", "/usr/sbin/sendmail", "/usr/lib/postfix/sbin/master"],
    tests: "of mail through a real Postfix",
  },
  dovecot: {
    packages: ["dovecot-core", "dovecot-imapd", "dovecot-pop3d"],
    files: ["dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3"],
    tests: "of mail through a real Dovecot",
  },
  "ssh-keygen": {
    packages: ["openssh-client"],
    files: ["ssh-keygen"],
    tests: "in which the stock ssh-keygen verifies a bundle",
  },
  age: {
    packages: ["age"],
    files: ["age", "age-keygen"],
    tests: "in which the stock age decrypts a bundle",
  },
  zstd: {
    packages: ["zstd"],
    files: ["zstd"],
    tests: "in which the stock zstd unpacks a bundle",
  },
  openssl: {
    packages: ["openssl"],
    files: ["openssl"],
    tests: "of TLS with certificates made by openssl",
  },
  strace: {
    packages: ["strace"],
    files: ["strace"],
    tests: "in which file calls fail or the process dies at them",
  },
  xfsprogs: {
    packages: ["xfsprogs"],
    files: ["xfs_io"],
    tests: "of power cuts",
  },
  iproute2: {
    packages: ["iproute2"],
    files: ["ip"],
    tests: "of a line that goes one way",
  },
  nftables: {
    packages: ["nftables"],
    files: ["nft"],
    tests: "of a line that loses packets",
  },
  chromium: {
    packages: ["chromium"],
    files: ["chromium"],
    tests: "of the page in a browser",
  },
  promtool: {
    packages: ["prometheus"],
    files: ["promtool", "prometheus"],
    tests: "of the metrics' form, the alert rules and the dashboard",
  },
  exfat: {
    packages: ["exfat-fuse", "exfatprogs"],
    files: ["mount.exfat-fuse", "mkfs.exfat"],
    tests: "of a stick with exFAT",
  },
  shells: {
    packages: ["zsh", "fish"],
    files: ["zsh", "fish"],
    tests: "of completion in zsh and fish",
  },
  rpm: {
    packages: ["rpm", "binutils", "gnupg"],
    files: ["rpmbuild", "rpm", "rpmsign", "gpg", "strip", "objdump"],
    tests: "that make and install the packages",
  },
  sudo: {
    packages: ["sudo"],
    files: ["visudo"],
    tests: "of the line for sudoers",
  },
  arm64: {
    packages: [
      "qemu-user",
      "binutils-aarch64-linux-gnu",
      "libc6-arm64-cross",
      "libstdc++6-arm64-cross",
      "libatomic1-arm64-cross",
    ],
    files: [
      "qemu-aarch64",
      "aarch64-linux-gnu-strip",
      "/usr/aarch64-linux-gnu/lib/libstdc++.so.6",
      "/usr/aarch64-linux-gnu/lib/libatomic.so.1",
    ],
    tests: "of the executable for arm64",
  },
} as const;

export type RealComponentName = keyof typeof components;

export interface MissingComponent extends RealComponent {
  readonly name: RealComponentName;
}

/** What isn't installed. */
export function missingComponents(): MissingComponent[] {
  const names = Object.keys(components) as RealComponentName[];
  return names.filter((name) => missingFile(name)).map((name) => ({ name, ...components[name] }));
}

/**
 * Why tests of this component can't run here, or null if they can; for `describe.skipIf`. The reason
 * goes to standard error too. With `CI=true` leaving tests out is a failure, and this throws.
 */
export function missingFor(name: RealComponentName): string | null {
  const file = missingFile(name);
  if (file === undefined) return null;
  const { packages, tests } = components[name];
  const reason = `the tests ${tests}: ${file} isn't there (Debian: ${packages.join(", ")})`;
  if (process.env["CI"] === "true") throw new Error(`CI leaves nothing out: ${reason}`);
  process.stderr.write(`Left out: ${reason}\n`);
  return reason;
}

function missingFile(name: RealComponentName): string | undefined {
  return components[name].files.find((file) => !isThere(file));
}

function isThere(file: string): boolean {
  if (isAbsolute(file)) return existsSync(file);
  return searchPath.split(":").some((directory) => existsSync(join(directory, file)));
}
