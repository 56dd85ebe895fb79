// A server to log in to by ssh, as both agents' files describe it.

import { z } from "zod";
import { absolutePath, duration } from "./setting-types.ts";

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
    // No hyphen first: it could be an option of some program.
    host: z.string().regex(/^[A-Za-z0-9:][\w.:-]*$/, "not the name or address of a server"),
    port: z.int().min(1).max(65_535).default(22),
    user: z.string().regex(/^[\w][\w.@$-]*$/, "not the name of a user"),
    key: absolutePath.optional(),
    passphrase: absolutePath.optional(),
    agent: z.boolean().default(false),
    knownHosts: absolutePath,
  };
}

/** The same with all that a connection needs. */
export function sshConnectionKeys(): Keys<SshConnectionSettings> {
  return {
    ...sshServerKeys(),
    jump: z.strictObject(sshServerKeys()).superRefine(checkSshLogin).optional(),
    timeout: duration.prefault("30s"),
  };
}

export function checkSshLogin(
  { key, passphrase, agent }: Pick<SshServerSettings, "key" | "passphrase" | "agent">,
  context: Pick<z.core.$RefinementCtx, "addIssue">,
): void {
  if (key === undefined && !agent) context.addIssue("one of the two, or both: key, agent: true");
  if (key === undefined && passphrase !== undefined) context.addIssue("passphrase only with key");
}
