// ssh, the sending half: by a process at the centre, to its http listener, into a directory there, or
// through the operator's own ssh.

import { printable, type Random, type SiteId } from "@siteferry/model";
import type { Probed, SendingTransport } from "../../transport.ts";
import { placeOfCommand, sendByCommand, type SshCommand } from "./command.ts";
import { sendByExec } from "./exec.ts";
import { Link } from "./link.ts";
import { publishOver, sweepOver } from "./publish.ts";
import { placeOf, type SshConnection, type SshFiles } from "./settings.ts";
import { SftpLink } from "./sftp-link.ts";
import type { Sftp } from "./sftp.ts";
import { sshTraits } from "./traits.ts";
import { probeTunnel, sendThroughTunnel, type SshTunnel } from "./tunnel.ts";

/** Each bundle to a process of its own, `siteferry receive --stdin SITE`; the receipt comes back. */
export function sshExecSender(
  files: SshFiles,
  { connection, site }: { readonly connection: SshConnection; readonly site: SiteId },
): SendingTransport {
  const link = new Link(files, connection);
  return {
    name: `ssh:${placeOf(connection)}`,
    traits: sshTraits("push", true),
    send: (bundle) => sendByExec(link, site, bundle),
    probe: () => probeLogin(link),
    async close() {
      link.close();
    },
  };
}

/** No command: the process at the centre would wait for a bundle, and count one that is empty. */
async function probeLogin(link: Link): Promise<Probed> {
  await link.begin(async () => {});
  return { seen: "its host key is the known one, and it lets us in", clock: null };
}

async function probeDirectory(sftp: Sftp, directory: string): Promise<Probed> {
  await sftp.list(directory);
  return { seen: `lets us in, and ${printable(directory)} is there`, clock: null };
}

/** To the centre's http listener, through sshd; the receipt comes back. */
export function sshTunnelSender(
  files: SshFiles,
  {
    connection,
    tunnel,
    site,
  }: { readonly connection: SshConnection; readonly tunnel: SshTunnel; readonly site: SiteId },
): SendingTransport {
  const link = new Link(files, connection);
  const options = { ...tunnel, site, timeoutMs: connection.timeoutMs };
  return {
    name: `ssh:${placeOf(connection)} to port ${tunnel.port}`,
    traits: sshTraits("push", true),
    send: (bundle) => sendThroughTunnel(link, files, options, bundle),
    probe: () => probeTunnel(link, files, options),
    async close() {
      link.close();
    },
  };
}

/** As {@link sshExecSender}, through a command. */
export function sshCommandSender(settings: SshCommand): SendingTransport {
  return {
    name: `ssh:${placeOfCommand(settings)}`,
    traits: sshTraits("push", true),
    send: (bundle) => sendByCommand(settings, bundle),
    async close() {},
  };
}

export interface SshDirectory {
  readonly connection: SshConnection;
  /** As the server sees it: from its root, or from where the login begins. */
  readonly directory: string;
  readonly site: SiteId;
}

/** Into a directory over SFTP, from which the receiver takes it by `drop`; nothing is acknowledged. */
export function sshDirectorySender(
  files: SshFiles,
  random: Random,
  { connection, directory, site }: SshDirectory,
): SendingTransport {
  const link = new SftpLink(new Link(files, connection));
  let swept: Sftp | null = null;
  return {
    name: `ssh:${placeOf(connection)} ${directory}`,
    traits: sshTraits("push", false),
    async send(bundle) {
      const sftp = await link.open();
      await publishOver(sftp, random, directory, bundle);
      if (sftp === swept) return null;
      swept = sftp;
      // The bundle is there, whatever becomes of this.
      await sweepOver(sftp, directory, site, bundle.name).catch(() => {});
      return null;
    },
    probe: async () => await probeDirectory(await link.open(), directory),
    async close() {
      link.close();
    },
  };
}
