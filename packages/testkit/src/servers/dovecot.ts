// A real Dovecot for tests: IMAP and POP3 on the Maildirs below one directory, and the logins of a
// relay. Any user gets in with the one password. Needs root, as Dovecot's processes change their user.

import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { type Certificate, makeCertificate } from "../certificates.ts";
import { freePort } from "../free-port.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { startCore } from "../cores/core-process.ts";

/** Who owns the mail: `nobody` on Debian. */
export const mailUserId = 65_534;

export interface Dovecot extends AsyncDisposable {
  /** `user0@test.example` has his Maildir in `user0` below. */
  readonly mailDirectory: string;
  readonly certificate: Certificate;
  readonly password: string;
  /** Where a relay asks about logins. */
  readonly authSocket: string;
  readonly ports: Readonly<Record<"imap" | "imaps" | "pop3" | "pop3s", number>>;
}

export async function startDovecot(): Promise<Dovecot> {
  const temporary = await makeTemporaryDirectory("dovecot");
  const directory = temporary.path;
  await chmod(directory, 0o755);
  const mailDirectory = `${directory}/mail`;
  await mkdir(mailDirectory);
  await chown(mailDirectory, mailUserId, mailUserId);
  const certificate = await makeCertificate(directory, "localhost");
  const ports = {
    imap: await freePort(),
    imaps: await freePort(),
    pop3: await freePort(),
    pop3s: await freePort(),
  };
  const password = "s3cret'\"pass";
  const authSocket = `${directory}/auth`;
  const known = { directory, mailDirectory, certificate, ports, password, authSocket };
  await writeFile(`${directory}/dovecot.conf`, configuration(known));
  const core = await startCore({
    program: "dovecot",
    arguments: ["-F", "-c", `${directory}/dovecot.conf`],
    outputFile: `${directory}/output.log`,
    logFile: `${directory}/dovecot.log`,
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
  return { mailDirectory, certificate, password, authSocket, ports, [Symbol.asyncDispose]: stop };
}

/** True when something accepts connections there, null until then. */
export async function answers(port: number): Promise<true | null> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(null));
  });
}

function configuration({
  directory,
  mailDirectory,
  certificate,
  ports,
  password,
  authSocket,
}: Omit<Dovecot, typeof Symbol.asyncDispose> & { readonly directory: string }): string {
  const listener = (name: keyof typeof ports): string => {
    const secure = name.endsWith("s") ? "ssl = yes" : "";
    return `inet_listener ${name} {\n port = ${ports[name]}\n ${secure}\n }`;
  };
  return `
base_dir = ${directory}/run
state_dir = ${directory}/run
instance_name = siteferry-test
log_path = ${directory}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${certificate.certPath}
ssl_key = <${certificate.keyPath}
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:${mailDirectory}/%n
auth_failure_delay = 0
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${mailUserId} gid=${mailUserId} home=${mailDirectory}/%n
}
service imap-login {
  ${listener("imap")}
  ${listener("imaps")}
}
service pop3-login {
  ${listener("pop3")}
  ${listener("pop3s")}
}
service auth {
  unix_listener ${authSocket} {
    mode = 0666
  }
}
`;
}
