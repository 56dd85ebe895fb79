// http in receiver.yaml: the centre listens.

import { absolutePath, explained, kind, pemFile, siteId } from "@siteferry/agent";
import {
  isLoopback,
  type ListeningTransport,
  parseFingerprint,
  parseListenAddress,
  parseToken,
  type SiteAccess,
} from "@siteferry/carry/contract";
import { errorFields, type SiteId } from "@siteferry/model";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface HttpSettings {
  /** `HOST:PORT` or `[IPV6]:PORT`. */
  readonly listen: string;
  /** PEM: certificate and key, mode 0600; without them it listens in clear, on loopback only. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Who may upload; each by a token, a certificate, or both. */
  readonly sites: Readonly<Record<SiteId, HttpSiteSettings>>;
}

interface HttpSiteSettings {
  /** A file with the bearer token, mode 0600. */
  readonly token?: string | undefined;
  /** The SHA-256 fingerprint of the client's certificate. */
  readonly certificate?: string | undefined;
}

const fingerprint = z
  .string()
  .refine((text) => parseFingerprint(text) !== null, "not a SHA-256 fingerprint: SHA256:AB:CD:…");

const siteSchema = explained(
  z.strictObject({
    token: absolutePath.optional(),
    certificate: kind("fingerprint", fingerprint).optional(),
  }),
  {
    token:
      "a file with its token, at least 32 letters and digits, mode 0600; read anew each minute",
    certificate:
      "SHA-256 of its client certificate, as `openssl x509 -fingerprint -sha256` prints it; " +
      "no authority is asked",
  },
).refine(
  ({ token, certificate }) => token !== undefined || certificate !== undefined,
  "one of the two, or both: token, certificate",
);

const listenAddress = z
  .string()
  .refine((text) => parseListenAddress(text) !== null, "not HOST:PORT or [IPV6]:PORT");

export const httpSettings: z.ZodType<HttpSettings> = explained(
  z.strictObject({
    listen: kind("address", listenAddress),
    cert: pemFile.optional(),
    key: pemFile.optional(),
    sites: kind("map by site id", z.record(siteId, siteSchema)),
  }),
  {
    listen: "`HOST:PORT` or `[IPV6]:PORT`; `[::]:8443` is every address of the machine",
    cert:
      "the certificate, with those that it depends on; `cert` and `key` together. Without them it " +
      "listens in clear, which is for a web server in front, and taken only on loopback",
    key: "its key, mode 0600. Both are read anew each minute",
    sites: "who may upload; each site needs a token, a certificate, or both",
  },
).superRefine(({ listen, cert, key, sites }, context) => {
  if ((cert === undefined) !== (key === undefined)) context.addIssue("cert and key go together");
  if (cert !== undefined) return;
  if (!isLoopback(parseListenAddress(listen)?.host ?? "")) {
    context.addIssue("tokens would travel in clear: give cert and key, or listen on 127.0.0.1");
  }
  if (Object.values(sites).some(({ certificate }) => certificate !== undefined)) {
    context.addIssue("without cert and key there is no TLS, so no site can show a certificate");
  }
});

export async function openHttp(
  context: TransportContext,
  settings: HttpSettings,
): Promise<ListeningTransport> {
  const { httpListener } = await import("@siteferry/carry");
  const { log } = context.world;
  const { listen, cert, key, sites } = settings;
  const { readSecret, readText } = context;
  return httpListener({
    listen: parseListenAddress(listen)!,
    async secrets() {
      const access = new Map<SiteId, SiteAccess>();
      for (const [site, { token, certificate }] of Object.entries(sites)) {
        access.set(site as SiteId, {
          token: token === undefined ? null : parseToken(await readSecret(token), token),
          certificate: certificate === undefined ? null : parseFingerprint(certificate),
        });
      }
      if (cert === undefined || key === undefined) return { tls: null, access };
      return { tls: { cert: await readText(cert), key: await readSecret(key) }, access };
    },
    warn: (failure) => log.warn(errorFields(failure), failure.message),
  });
}
