// How long certificates are still good: the listener's own, and those of the servers that are fetched from.

import { X509Certificate } from "node:crypto";
import {
  certificateDates,
  type Check,
  type Finding,
  readText,
  skipped,
  type TlsServer,
} from "@siteferry/agent";
import { explain } from "@siteferry/model";
import type { TransportSettings } from "../transports/index.ts";
import type { ReceiverSubject } from "./subject.ts";

export const certificates: Check<ReceiverSubject> = {
  name: "certificate",
  async run(subject) {
    const { settings } = subject;
    const files = settings.transports.flatMap((one) =>
      "http" in one ? [one.http.cert] : "httpPull" in one ? [one.httpPull.cert] : [],
    );
    const servers = [
      ...settings.transports.flatMap(serverOf),
      ...settings.targets.flatMap((one) => ("icinga2" in one ? [addressOf(one.icinga2.url)] : [])),
    ];
    const found = await Promise.all([
      ...files.filter((path) => path !== undefined).map((path) => lookAtFile(subject, path)),
      ...servers.filter((one) => one !== null).map((server) => lookAtServer(subject, server)),
    ]);
    return found.length > 0 ? found : [skipped("no link or target here has TLS of its own")];
  },
};

async function lookAtFile({ world }: ReceiverSubject, path: string): Promise<Finding> {
  const { validFrom, validTo, subject } = new X509Certificate(await readText(world.files, path));
  const dates = { validFromMs: Date.parse(validFrom), validToMs: Date.parse(validTo), subject };
  const todo = "Renew it; the daemon reads it anew each minute.";
  return certificateDates(path, dates, world.clock.now(), todo);
}

async function lookAtServer(
  { probes, world }: ReceiverSubject,
  server: TlsServer,
): Promise<Finding> {
  const where = `${server.host}:${server.port}`;
  try {
    const todo = "Whoever runs that server has to renew it, and to load it anew.";
    return certificateDates(where, await probes.certificate(server), world.clock.now(), todo);
  } catch (error) {
    // That it can't be reached its own line says.
    return skipped(explain(error, where).message);
  }
}

function serverOf(transport: TransportSettings): readonly (TlsServer | null)[] {
  if ("httpPull" in transport) return [addressOf(transport.httpPull.url)];
  if (!("mail" in transport)) return [];
  const { mail } = transport;
  const [kind, server] =
    "imap" in mail
      ? (["imap", mail.imap] as const)
      : "pop3" in mail
        ? (["pop3", mail.pop3] as const)
        : [];
  if (kind === undefined || server === undefined || server.tls === "none") return [];
  const { host, port, tls } = server;
  return [{ host, port, ...(tls === "starttls" && { startTls: kind }) }];
}

function addressOf(url: string): TlsServer | null {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return null;
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || 443) };
}
