// What a connection needs, as both agents' YAML files say it, in the program's units.

import type { ReadSecret } from "../../transport.ts";

/** One server to log in to. */
export interface SshServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A private key's file. */
  readonly key?: string | undefined;
  /** A file with the passphrase of `key`. */
  readonly passphrase?: string | undefined;
  /** Keys of the ssh-agent at SSH_AUTH_SOCK are tried too. */
  readonly agent: boolean;
  /** A file in OpenSSH's form. Only what stands there is believed. */
  readonly knownHosts: string;
}

export interface SshConnection extends SshServer {
  /** Logged in to first; the connection goes through it. */
  readonly jump?: SshServer | undefined;
  /** How long each step may take, and the line may be silent. */
  readonly timeoutMs: number;
}

/** The operator's files are read anew for each connection. */
export interface SshFiles {
  readonly readSecret: ReadSecret;
  readonly readText: ReadSecret;
}

/** Where the other side is, for people. */
export function placeOf({ user, host, port }: SshServer): string {
  return `${user}@${host.includes(":") ? `[${host}]` : host}:${port}`;
}
