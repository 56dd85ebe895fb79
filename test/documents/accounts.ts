// What in the documents isn't followed to the letter, and why. A block or a command that stands neither here
// nor in a test that runs it fails documents.test.ts.

import { commandLine } from "@siteferry/cli/main";

/** Blocks: document, beginning, what it is. */
export const notCommands: readonly (readonly [string, string, string])[] = [
  ["README.md", "Nagios, Naemon, Checkmk", "a drawing"],
  ["docs/commands.md", "targets:", "a part of receiver.yaml"],
  ["docs/configuration.md", "# yaml-language-server", "a line of sender.yaml"],
  ["docs/configuration.md", 'remote1 namespaces="siteferry",valid', "lines of allowed_signers"],
  ["docs/configuration.md", "encryptTo:", "a line of sender.yaml"],
  ["docs/icinga2.md", 'template Service "carried-service"', "configuration of Icinga 2"],
  ["docs/icinga2.md", 'apply Notification "site"', "configuration of Icinga 2"],
  ["docs/objects.md", "cfg_dir=", "a line of nagios.cfg, and what is in a directory"],
  ["docs/objects.md", "targets:", "a part of receiver.yaml"],
  ["docs/objects.md", "activate:", "a part of receiver.yaml"],
  ["docs/operating.md", "# prometheus.yml", "configuration of Prometheus"],
  ["docs/operating.md", "OK       socket", "what doctor prints"],
  ["docs/specs/bundle.md", "offset  length", "a table"],
  ["docs/specs/bundle.md", '{"format":2', "a manifest"],
  ["docs/transports/drop.md", "# sender.yaml", "parts of both files"],
  ["docs/transports/drop.md", "oneWay: true", "a part of sender.yaml"],
  ["docs/transports/http.md", '{"siteferry": 1', "an index.json"],
  ["docs/transports/mail.md", ":0 W", "a recipe of procmail's"],
  [
    "docs/transports/ssh.md",
    'restrict,port-forwarding,permitopen="central',
    "authorized_keys of a jump host",
  ],
  [
    "docs/transports/ssh.md",
    'restrict,command="internal-sftp"',
    "authorized_keys, as in examples.md",
  ],
];

const registry = "fetches from the package registry, as .ci/run does";
const systemd = "needs systemd";
const packages = "test/packaging installs the packages, and removes them";
const checkmk = "needs Checkmk";
const foreign = "names a machine or a file of the reader's";

/** Commands, by how they begin, and why they aren't run. */
export const notRun: readonly (readonly [string, string])[] = [
  ["npx ", registry],
  ["pnpm ", registry],
  ["systemctl ", systemd],
  ["journalctl ", systemd],
  ["systemd-analyze ", systemd],
  ["nagios4 -v /etc/nagios4/nagios.cfg && systemctl", systemd],
  ["apt install ", packages],
  ["apt remove", packages],
  ["apt purge", packages],
  ["apt-get download ", packages],
  ["dnf ", packages],
  ["tar xzf siteferry-", packages],
  ["etc/init.d/siteferry stop", packages],
  ["tar tzf siteferry-", packages],
  ["rm -rf etc/rc.d/85-siteferry ", packages],
  ["cp etc/siteferry/sender.yaml.example ", packages],
  ["siteferry keygen etc/siteferry/", packages],
  ["ln -s ../init.d/siteferry ", packages],
  ["man siteferry", packages],
  ["omd ", checkmk],
  ["cmk ", checkmk],
  ["cmcdump", checkmk],
  ["crontab -e", "opens an editor"],
  ["ssh -L ", foreign],
  ["ssh-keyscan -p 2222", foreign],
  ["printf 'GET status", "unixcat comes with a Livestatus"],
  ["socat ", "another program, mostly not installed"],
  ["dmesg ", "looks at the real machine"],
];

/** Between backticks, and not a command: the name of a service, the part of one that matters. */
const names = [
  "siteferry SITE",
  "siteferry {site}",
  "siteferry plant",
  "siteferry remote1",
  "chmod 600",
  "livedump | mail",
  "livedump -M | ssh central",
  "livedump -MC | ssh central",
  "nagios4 -v {config}",
  "openssl x509 -fingerprint -sha256",
  "ssh -T",
  "ssh-keygen -Y verify -r",
  "ssh-keygen -l",
  "ssh-keygen -t ed25519 -N ''",
];

const programs =
  /^(?:runuser -u \w+ -- )?(?:siteferry|age-keygen|apt|apt-get|cat|chmod|chown|cmk|cmcdump|crontab|curl|df|dmesg|dnf|du|etc\/init\.d\/siteferry|fuser|head|icinga2|install|journalctl|ln|livedump|man|nagios4|npx|omd|openssl|pnpm|printf|rm|runuser|sha256sum|socat|ssh|ssh-keygen|ssh-keyscan|systemctl|systemd-analyze|tail|tar|touch|useradd|usermod) [^=]/;

/** Whether what stands between backticks is something that a reader may type. */
export function isCommand(text: string): boolean {
  return programs.test(text) && !names.includes(text);
}

export function isOurs(text: string): boolean {
  return /^(?:runuser -u \w+ -- )?siteferry /.test(text);
}

/** Null, or what is wrong with a command of siteferry's, by the program's own command line. */
export async function faultOf(command: string): Promise<string | null> {
  const words = command
    .replace(/^.*?siteferry /, "")
    .replaceAll(/[[\]]/g, "")
    .split(" ");
  const program = commandLine(() => {});
  const quiet = (one: typeof program): void => {
    one.exitOverride().configureOutput({ writeErr() {}, writeOut() {} });
    if (one.commands.length === 0) one.action(() => {});
    for (const child of one.commands) quiet(child);
  };
  quiet(program);
  try {
    await program.parseAsync(words, { from: "user" });
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // In the text a command may stand without what it is about.
    const isMention = /^commander\.(?:missingArgument|help)/.test(code ?? "");
    return isMention ? null : message;
  }
}
