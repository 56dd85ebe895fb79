// Debian's sshd on loopback, with keys and configuration of its own. As root it can log in anybody and
// lock them into a directory; else only the user that runs the tests.

import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CoreProcess, startCore } from "../cores/core-process.ts";
import { freePort } from "../free-port.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

const run = promisify(execFile);

/** By its whole path: it starts itself anew for each connection. */
const program = "/usr/sbin/sshd";

export type SshKeyType = "ed25519" | "ecdsa" | "rsa";

export interface SshdOptions {
  /** Of the server; by default one Ed25519 key. */
  readonly hostKeys?: readonly SshKeyType[];
  /** Lines of authorized_keys, for every user. */
  readonly authorizedKeys: readonly string[];
  /** `MaxStartups`; by default so many that no login of a test is dropped. */
  readonly startups?: string;
  /** More lines of sshd_config. */
  readonly lines?: readonly string[];
}

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** Public host keys, as `type base64`. */
  readonly hostKeys: readonly string[];
  /** The process that listens; each connection has processes of its own below it. */
  pid(): number;
  /** What it has written about itself. */
  log(): Promise<string>;
  /** Ends it with all connections. */
  stop(): Promise<void>;
  /** On the same port, after `stop`. */
  start(): Promise<void>;
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const directory = await makeTemporaryDirectory("sshd");
  // The users who log in read their list of keys in it.
  await chmod(directory.path, 0o755);
  const outputFile = join(directory.path, "log");
  const configuration = join(directory.path, "sshd_config");
  const port = await freePort();
  const hostKeys = await writeFiles(directory.path, configuration, port, options);
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  let sshd: CoreProcess | null = null;
  const log = async (): Promise<string> => await readFile(outputFile, "utf8");
  const stop = async (): Promise<void> => await sshd?.stop();
  const start = async (): Promise<void> => {
    await writeFile(outputFile, "");
    sshd = await startCore({ program, arguments: ["-D", "-e", "-f", configuration], outputFile });
    await sshd.waitFor(
      "word that it listens",
      async () => (await log()).includes("listening") || null,
    );
  };
  const dispose = async (): Promise<void> => {
    await stop();
    await directory.remove();
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  const user = userInfo().username;
  const pid = (): number => sshd!.pid;
  return { port, user, hostKeys, pid, log, stop, start, [Symbol.asyncDispose]: dispose };
}

/** A pair of keys as `path` and `path`.pub. Returns the public one, as `type base64`. */
export async function makeSshKey(
  path: string,
  type: SshKeyType = "ed25519",
  passphrase = "",
): Promise<string> {
  await run("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", path]);
  return (await readFile(`${path}.pub`, "utf8")).trim();
}

async function writeFiles(
  directory: string,
  configuration: string,
  port: number,
  { hostKeys = ["ed25519"], authorizedKeys, startups = "1000", lines = [] }: SshdOptions,
): Promise<string[]> {
  const publicKeys: string[] = [];
  for (const type of hostKeys) publicKeys.push(await makeSshKey(join(directory, type), type));
  await writeFile(join(directory, "authorized_keys"), `${authorizedKeys.join("\n")}\n`);
  const all = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    ...hostKeys.map((type) => `HostKey ${join(directory, type)}`),
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    // Many tests log in at once.
    `MaxStartups ${startups}`,
    `AuthorizedKeysFile ${join(directory, "authorized_keys")}`,
    "Subsystem sftp internal-sftp",
    // Else Debian's bash reads the ~/.bashrc of whoever runs the tests for each command, whatever is in it.
    "SetEnv SHLVL=2",
    ...lines,
  ];
  await writeFile(configuration, `${all.join("\n")}\n`);
  return publicKeys;
}
