// ssh in sender.yaml.

import {
  absolutePath,
  checkSshLogin,
  commandWords,
  explained,
  kind,
  sshConnectionKeys,
  type SshConnectionSettings,
  sshConnectionWords,
} from "@siteferry/agent";
import type { SendingTransport } from "@siteferry/carry";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export type SshSettings = SshServerSettings | SshCommandSettings;

interface SshServerSettings extends SshConnectionSettings {
  /** A directory at the server to publish into by SFTP; without it a process there takes the bundles. */
  readonly directory?: string | undefined;
  /** The receiver's http listener there, on 127.0.0.1, in place of a process. */
  readonly tunnel?: TunnelSettings | undefined;
}

interface TunnelSettings {
  readonly port: number;
  /** A file with the token that the centre gave this site, mode 0600. */
  readonly token: string;
}

interface SshCommandSettings {
  /** A program and its options, such as `[ssh, central]`, that brings its input to such a process. */
  readonly command: readonly string[];
  /** How long it may be silent, milliseconds. */
  readonly timeout: number;
}

const keys = sshConnectionKeys();
const { host, user, knownHosts } = keys;

const tunnelSchema = explained(
  z.strictObject({ port: z.int().min(1).max(65_535), token: absolutePath }),
  {
    port: "where the receiver listens at the centre, on 127.0.0.1",
    token:
      "a file with the token that the centre gave this site, mode 0600; read anew for each bundle",
  },
);

const plainSchema = explained(
  z.strictObject({
    ...keys,
    host: host.optional(),
    user: user.optional(),
    knownHosts: knownHosts.optional(),
    directory: kind("path at the server", z.string().min(1)).optional(),
    tunnel: tunnelSchema.optional(),
    command: commandWords.min(1).optional(),
  }),
  {
    ...sshConnectionWords,
    host: `${sshConnectionWords.host}; required without \`command\``,
    user: `${sshConnectionWords.user}; required without \`command\``,
    knownHosts: `${sshConnectionWords.knownHosts}. Required without \`command\``,
    directory:
      "an incoming directory: bundles are published into it by SFTP, and nothing is acknowledged. " +
      "Without it `siteferry receive --stdin SITE` runs there",
    tunnel:
      "[through the login to the receiver's http listener](transports/ssh.md#to-the-listener), " +
      "in place of a process",
    command:
      "a program and its arguments in place of all the other keys but `timeout`: it gets the bundle on " +
      "standard input and brings back the receipt on standard output",
  },
);

export const sshSettings: z.ZodType<SshSettings> = plainSchema.transform(
  (given, context): SshSettings => {
    const { command, timeout, port, agent, ...rest } = given;
    if (command !== undefined) {
      const other = Object.keys(rest).find((key) => rest[key as keyof typeof rest] !== undefined);
      if (other === undefined && !agent) return { command, timeout };
      context.addIssue(`command stands alone, without ${other ?? "agent"}: it connects by itself`);
      return z.NEVER;
    }
    const { host: name, user: login, knownHosts: known } = rest;
    if (name === undefined || login === undefined || known === undefined) {
      context.addIssue("host, user and knownHosts are needed; or command");
      return z.NEVER;
    }
    if (rest.tunnel !== undefined && rest.directory !== undefined) {
      context.addIssue("one of the two at most: directory, tunnel");
    }
    checkSshLogin(given, context);
    return { ...rest, timeout, port, agent, host: name, user: login, knownHosts: known };
  },
);

export async function openSsh(
  context: TransportContext,
  settings: SshSettings,
): Promise<SendingTransport> {
  const { sshCommandSender, sshDirectorySender, sshExecSender, sshTunnelSender } =
    await import("@siteferry/carry");
  const { site, world } = context;
  if ("command" in settings) {
    return sshCommandSender({ command: settings.command, timeoutMs: settings.timeout });
  }
  const { timeout, directory, tunnel, ...server } = settings;
  const connection = { ...server, timeoutMs: timeout };
  if (tunnel !== undefined) return sshTunnelSender(context, { connection, tunnel, site });
  if (directory === undefined) return sshExecSender(context, { connection, site });
  return sshDirectorySender(context, world.random, { connection, directory, site });
}
