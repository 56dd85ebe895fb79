// An SSH server that answers as a test says, where a real one never would. Test-only.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2, { type Connection, type SFTPWrapper, type ServerChannel } from "ssh2";
import type { SshConnection, SshFiles } from "./settings.ts";

/** What SSH_FXP_STATUS says. */
export const sftpStatus: typeof ssh2.utils.sftp.STATUS_CODE = ssh2.utils.sftp.STATUS_CODE;

export interface Behaviour {
  /** Answers of SFTP, once it is open. */
  readonly sftp?: (sftp: SFTPWrapper) => void;
  /** What stands behind a command. */
  readonly exec?: (channel: ServerChannel) => void;
}

export interface TestSshServer extends AsyncDisposable {
  readonly files: SshFiles;
  readonly connection: SshConnection;
}

/** ssh2 1.17 makes one in 256 without a leading zero byte, which nobody can read. */
function keyPair(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** On loopback; lets everybody in. */
export async function openSshServer({ sftp, exec }: Behaviour): Promise<TestSshServer> {
  const [host, user] = [keyPair(), keyPair()];
  const open = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    open.add(client);
    // Who has seen enough closes the line.
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept) => {
      const session = accept();
      session.on("sftp", (take) => sftp?.(take()));
      session.on("exec", (take) => exec?.(take()));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    files: {
      readSecret: async () => user.private,
      readText: async () => `[127.0.0.1]:${port} ${host.public}\n`,
    },
    connection: {
      host: "127.0.0.1",
      port,
      user: "ferry",
      key: "the user's key",
      agent: false,
      knownHosts: "known_hosts",
      timeoutMs: 20_000,
    },
    async [Symbol.asyncDispose]() {
      for (const client of open) client.end();
      server.close();
    },
  };
}
