// A real Postfix for tests: a relay on loopback that delivers `user…@test.example` into Maildirs and
// pipes `ferry@pipe.test.example` into a command. Needs root, as Postfix's processes change their user.

import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { searchPath, startCore } from "../cores/core-process.ts";
import { answers, type Dovecot, mailUserId } from "./dovecot.ts";

export interface PostfixOptions {
  /** Whose Maildirs it delivers into, whose logins it asks for, and whose certificate it shows. */
  readonly dovecot: Dovecot;
  /** Default 20 MB. */
  readonly messageSizeLimit?: number;
  /** An empty directory for the queue, such as a small disk of its own. */
  readonly queue?: string;
  /** A command that gets each message on standard input, as `nobody`: Postfix runs none as root. */
  readonly pipe?: string;
}

export interface Postfix extends AsyncDisposable {
  /** STARTTLS is offered on the first, TLS from the first byte on is on the second. */
  readonly ports: Readonly<Record<"smtp" | "smtps", number>>;
  /** `sendmail` with what makes it use this Postfix. */
  readonly sendmail: readonly string[];
  readonly logFile: string;
  /** Returns when nothing is under way any more: all is delivered or given back. */
  settled(): Promise<void>;
  /** Whether a message to `address` is in the queue whole: it has been taken, and isn't delivered yet. */
  holdsMessage(address: string): Promise<boolean>;
}

const daemons = "/usr/lib/postfix/sbin";
/** `user0@test.example` and on. */
const mailUsers = 500;
/** Where a message is while Postfix still has to do something with it at once. */
const queues = ["maildrop", "incoming", "active"];

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const temporary = await makeTemporaryDirectory("postfix");
  const directory = temporary.path;
  await chmod(directory, 0o755);
  const etc = `${directory}/etc`;
  const logFile = `${directory}/postfix.log`;
  const ports = { smtp: await freePort(), smtps: await freePort() };
  const { queue = `${directory}/queue` } = options;
  for (const name of ["etc", "data"]) await mkdir(`${directory}/${name}`);
  await mkdir(queue, { recursive: true });
  await chown(`${directory}/data`, await userIdOf("postfix"), 0);
  await writeFile(`${etc}/main.cf`, mainCf(directory, options));
  await writeFile(`${etc}/master.cf`, masterCf(ports, options.pipe ?? "/bin/cat"));
  const environment = { ...process.env, PATH: searchPath };
  // Makes the queue's directories, each with its owner.
  await promisify(execFile)("postfix", ["-c", etc, "check"], { env: environment });
  const core = await startCore({
    program: `${daemons}/master`,
    arguments: ["-c", etc, "-d"],
    outputFile: `${directory}/output.log`,
    logFile,
  });
  const stop = async (): Promise<void> => {
    await core.stop();
    await temporary.remove();
  };
  try {
    for (const port of Object.values(ports)) {
      await core.waitFor(`a listener on ${port}`, () => answers(port));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ports,
    sendmail: ["/usr/sbin/sendmail", "-C", etc, "-i"],
    logFile,
    async settled() {
      await core.waitFor("an empty queue", () => isEmpty(queue));
    },
    holdsMessage: (address) => hasWhole(queue, address),
    [Symbol.asyncDispose]: stop,
  };
}

async function isEmpty(queue: string): Promise<true | null> {
  for (const name of queues) {
    if ((await readdir(`${queue}/${name}`)).length > 0) return null;
  }
  return true;
}

/** In the order in which it moves on. It is executable once it is whole: postfix's cleanup(8). */
async function hasWhole(queue: string, address: string): Promise<boolean> {
  for (const name of ["incoming", "active"]) {
    for (const file of await readdir(`${queue}/${name}`)) {
      const path = `${queue}/${name}/${file}`;
      const { mode } = await stat(path).catch(() => ({ mode: 0 }));
      const content = (mode & 0o100) === 0 ? "" : await readFile(path, "latin1").catch(() => "");
      if (content.includes(address)) return true;
    }
  }
  return false;
}

async function userIdOf(name: string): Promise<number> {
  const { stdout } = await promisify(execFile)("id", ["-u", name]);
  return Number(stdout);
}

function mainCf(
  directory: string,
  { dovecot, messageSizeLimit = 20_000_000, queue = `${directory}/queue` }: PostfixOptions,
): string {
  // No pattern: Postfix doesn't make paths out of what a message says.
  const users = Array.from({ length: mailUsers }, (_, n) => `user${n}@test.example=user${n}/`);
  const settings = {
    compatibility_level: "3.6",
    queue_directory: queue,
    data_directory: `${directory}/data`,
    command_directory: "/usr/sbin",
    daemon_directory: daemons,
    mail_owner: "postfix",
    setgid_group: "postdrop",
    maillog_file: `${directory}/postfix.log`,
    maillog_file_prefixes: directory,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: "relay.test.example",
    mydestination: "",
    mynetworks: "127.0.0.0/8",
    virtual_mailbox_domains: "test.example",
    virtual_mailbox_base: dovecot.mailDirectory,
    virtual_mailbox_maps: `inline:{ ${users.join(", ")} }`,
    virtual_uid_maps: `static:${mailUserId}`,
    virtual_gid_maps: `static:${mailUserId}`,
    virtual_mailbox_limit: 0,
    transport_maps: "inline:{ pipe.test.example=to-command }",
    relay_domains: "pipe.test.example",
    message_size_limit: messageSizeLimit,
    smtpd_tls_cert_file: dovecot.certificate.certPath,
    smtpd_tls_key_file: dovecot.certificate.keyPath,
    smtpd_tls_security_level: "may",
    smtpd_sasl_auth_enable: "yes",
    smtpd_sasl_type: "dovecot",
    smtpd_sasl_path: dovecot.authSocket,
    // Wrong passwords and broken lines are what tests do.
    smtpd_soft_error_limit: 1000,
    smtpd_hard_error_limit: 1000,
    smtpd_client_connection_count_limit: 0,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return `${lines.join("\n")}\n`;
}

function masterCf(ports: Postfix["ports"], pipe: string): string {
  return `
127.0.0.1:${ports.smtp} inet n - n - - smtpd
127.0.0.1:${ports.smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
to-command unix - n n - 1 pipe
  flags=F user=nobody argv=${pipe}
`;
}
