// Push through the login to the centre's http listener: sshd connects to a port on its own loopback, and
// the same PUT as by http goes over that. No process of ours begins at the centre.

import type { Duplex } from "node:stream";
import { FerryError, type SiteId } from "@siteferry/model";
import type { OutgoingBundle, Probed, SendingTransport } from "../../transport.ts";
import { parseToken } from "../http/access.ts";
import { httpSender } from "../http/send.ts";
import type { Link } from "./link.ts";
import { refusedBy, type Session } from "./session.ts";
import type { SshFiles } from "./settings.ts";

export interface SshTunnel {
  /** Where the receiver listens at the centre, on 127.0.0.1. */
  readonly port: number;
  /** A file with the token that the centre gave this site. */
  readonly token: string;
}

export interface TunnelOptions extends SshTunnel {
  readonly site: SiteId;
  /** How long each step may take. */
  readonly timeoutMs: number;
}

/** sshd's own loopback: from it to the listener the token travels in clear. */
const listenerHost = "127.0.0.1";

/**
 * Returns the receipt.
 * @throws FerryError as http does, and what the link throws
 */
export async function sendThroughTunnel(
  link: Link,
  files: SshFiles,
  options: TunnelOptions,
  bundle: OutgoingBundle,
): Promise<Uint8Array | null> {
  return await throughTunnel(link, files, options, async (sender, conversation) => {
    const { length } = bundle.content;
    return await conversation.during("handing the bundle over", () => sender.send(bundle), length);
  });
}

/** Asks the listener whether the site would be let in. */
export async function probeTunnel(
  link: Link,
  files: SshFiles,
  options: TunnelOptions,
): Promise<Probed> {
  return await throughTunnel(link, files, options, async (sender, conversation) =>
    conversation.during("asking the listener", () => sender.probe!(), 0),
  );
}

async function throughTunnel<Result>(
  link: Link,
  files: SshFiles,
  { port, token: tokenFile, site, timeoutMs }: TunnelOptions,
  work: (sender: SendingTransport, conversation: Session["conversation"]) => Promise<Result>,
): Promise<Result> {
  const token = parseToken(await files.readSecret(tokenFile), tokenFile);
  const { stream, conversation } = await openTunnel(link, port);
  const sender = httpSender({
    url: new URL(`http://${listenerHost}:${port}`),
    secrets: async () => ({ token, ca: null, cert: null, key: null }),
    proxy: "none",
    timeoutMs,
    site,
    via: { name: conversation.place, line: stream },
  });
  try {
    return await work(sender, conversation);
  } finally {
    // Not waited for: of a line that is dead nobody says that it is closed.
    void sender.close();
  }
}

/** One for each bundle: it tells at once whether the login, sshd and the listener still live. */
async function openTunnel(
  link: Link,
  port: number,
): Promise<Pick<Session, "conversation"> & { stream: Duplex }> {
  const what = `connecting to ${listenerHost}:${port} there`;
  return await link.begin(async ({ client, conversation }) => {
    try {
      const stream = await conversation.step<Duplex>(what, (done) => {
        client.forwardOut("127.0.0.1", 0, listenerHost, port, done);
      });
      return { stream, conversation };
    } catch (error) {
      throw notThrough(conversation.place, what, error);
    }
  });
}

/** SSH_OPEN_… of RFC 4254, section 5.1, as ssh2 gives them in an error's `reason`. */
const prohibited = 1;
const connectFailed = 2;

function notThrough(place: string, what: string, error: unknown): unknown {
  const reason = error instanceof Error && "reason" in error ? error.reason : null;
  if (reason === connectFailed) {
    return new FerryError("link-unreachable", `${place}: ${what}: nobody listens`, {
      cause: error,
    });
  }
  if (reason === prohibited) {
    return new FerryError("login-refused", `${place}: ${what}: sshd doesn't let this login`, {
      cause: error,
    });
  }
  return refusedBy(place, what, error);
}
