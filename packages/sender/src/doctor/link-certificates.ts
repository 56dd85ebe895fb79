// How long the certificates are still good: of the servers that links go to, and our own.

import { X509Certificate } from "node:crypto";
import { certificateDates, type Check, type Finding, readText, skipped } from "@siteferry/agent";
import { explain } from "@siteferry/model";
import type { TransportSettings } from "../transports/index.ts";
import type { SenderSubject } from "./subject.ts";

export const linkCertificates: Check<SenderSubject> = {
  name: "certificate",
  async run(subject) {
    const found = await Promise.all(
      subject.links.flatMap(({ settings }) => [
        lookAtServer(subject, settings),
        lookAtOwn(subject, settings),
      ]),
    );
    const all = found.filter((finding) => finding !== null);
    return all.length > 0 ? all : [skipped("no link here goes straight to a TLS server")];
  },
};

async function lookAtServer(
  { probes, world }: SenderSubject,
  transport: TransportSettings,
): Promise<Finding | null> {
  const server = tlsServerOf(transport, probes.environment);
  if (server === null) return null;
  const where = `${server.host}:${server.port}`;
  try {
    const certificate = await probes.certificate(server);
    const todo = "Whoever runs that server has to renew it, and to load it anew.";
    return certificateDates(where, certificate, world.clock.now(), todo);
  } catch (error) {
    // That it can't be reached the link itself says.
    return skipped(explain(error, where).message);
  }
}

/** Null: in clear, or through somebody who stands between. */
function tlsServerOf(
  transport: TransportSettings,
  { HTTPS_PROXY, https_proxy }: Readonly<Record<string, string | undefined>>,
): Parameters<SenderSubject["probes"]["certificate"]>[0] | null {
  if ("http" in transport) {
    const { protocol, hostname, port } = new URL(transport.http.url);
    const { proxy } = transport.http;
    const isDirect = proxy === "none" || (proxy === undefined && !(HTTPS_PROXY ?? https_proxy));
    if (protocol !== "https:" || !isDirect) return null;
    return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || 443) };
  }
  if (!("mail" in transport) || transport.mail.smtp === undefined) return null;
  const { host, port, tls } = transport.mail.smtp;
  if (tls === "none") return null;
  return { host, port, ...(tls === "starttls" && { startTls: "smtp" as const }) };
}

async function lookAtOwn(
  { world }: SenderSubject,
  transport: TransportSettings,
): Promise<Finding | null> {
  const path = "http" in transport ? transport.http.cert : undefined;
  if (path === undefined) return null;
  const { validFrom, validTo, subject } = new X509Certificate(await readText(world.files, path));
  const dates = { validFromMs: Date.parse(validFrom), validToMs: Date.parse(validTo), subject };
  return certificateDates(path, dates, world.clock.now(), "Renew it, and tell the centre.");
}
