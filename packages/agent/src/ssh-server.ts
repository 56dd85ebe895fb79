// A server to log in to by ssh, as both agents' files describe it.

import { z } from "zod";
import { absolutePath, duration, serverName } from "./setting-types.ts";
import { explained } from "./setting-words.ts";

export interface SshServerSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The private key: OpenSSH's form, mode 0600. */
  readonly key?: string | undefined;
  /** A file with the passphrase of `key`, mode 0600. */
  readonly passphrase?: string | undefined;
  /** The keys of the ssh-agent at SSH_AUTH_SOCK are tried too. */
  readonly agent: boolean;
  /** As OpenSSH's: only a host key in it is believed. */
  readonly knownHosts: string;
}

export interface SshConnectionSettings extends SshServerSettings {
  /** Logged in to first; the connection goes through it. */
  readonly jump?: SshServerSettings | undefined;
  /** How long each step may take and the line be silent, milliseconds. */
  readonly timeout: number;
}

type Keys<Settings> = { [Key in keyof Settings]-?: z.ZodType<Settings[Key]> };

/** The keys of a section that names a server; {@link checkSshLogin} belongs to it. */
export function sshServerKeys(): Keys<SshServerSettings> {
  return {
    host: serverName,
    port: z.int().min(1).max(65_535).default(22),
    user: z.string().regex(/^[\w][\w.@$-]*$/, "not the name of a user"),
    key: absolutePath.optional(),
    passphrase: absolutePath.optional(),
    agent: z.boolean().default(false),
    knownHosts: absolutePath,
  };
}

const sshServerWords: Readonly<Record<keyof SshServerSettings, string>> = {
  host: "of the server",
  port: "its port",
  user: "whom to log in as",
  key: "a private key, mode 0600: Ed25519, ECDSA or RSA. This or `agent` is needed",
  passphrase: "a file with the key's passphrase, mode 0600",
  agent: "the keys of the ssh-agent at `SSH_AUTH_SOCK` are tried too",
  knownHosts:
    "a `known_hosts` file of OpenSSH's form. A host whose key isn't in it is refused; " +
    "there is no way around it",
};

/** The same with all that a connection needs. */
export function sshConnectionKeys(): Keys<SshConnectionSettings> {
  return {
    ...sshServerKeys(),
    jump: explained(z.strictObject(sshServerKeys()), sshServerWords)
      .superRefine(checkSshLogin)
      .optional(),
    timeout: duration.prefault("30s"),
  };
}

/** What {@link sshConnectionKeys} mean. */
export const sshConnectionWords: Readonly<Record<keyof SshConnectionSettings, string>> = {
  ...sshServerWords,
  jump: "a host to log in to first, through which the connection goes",
  timeout:
    "how long each step may take and the line be silent. " +
    "A transfer also ends when it is slower than 4 KiB/s",
};

export function checkSshLogin(
  { key, passphrase, agent }: Pick<SshServerSettings, "key" | "passphrase" | "agent">,
  context: Pick<z.core.$RefinementCtx, "addIssue">,
): void {
  if (key === undefined && !agent) context.addIssue("one of the two, or both: key, agent: true");
  if (key === undefined && passphrase !== undefined) context.addIssue("passphrase only with key");
}
