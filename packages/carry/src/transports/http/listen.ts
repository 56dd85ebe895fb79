// http, the half that is spoken to: takes uploads, hands them to the door, answers with its receipt.
// Who comes is known before a byte of the body is read, also behind `Expect: 100-continue`.

import type { IncomingMessage, Server, ServerOptions } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { explain, FerryError, type SiteId } from "@siteferry/model";
import type { ListeningTransport } from "../../transport.ts";
import type { Shown, SiteAccess } from "./access.ts";
import { formatListenAddress, isLoopback, type ListenAddress } from "./address.ts";
import { Admission } from "./admission.ts";
import { answerWith } from "./answer.ts";
import { defaultListenBounds, type ListenBounds } from "./listen-bounds.ts";
import { SparingWarnings } from "./sparing-warnings.ts";
import { startListening } from "./start-listening.ts";
import { takeRequest } from "./take-request.ts";

/** What is read from files: at the start, and anew each minute. */
interface ListenSecrets {
  /** PEM; null listens without TLS, which is for loopback only. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly access: ReadonlyMap<SiteId, SiteAccess>;
}

export interface HttpListenOptions {
  readonly listen: ListenAddress;
  readonly secrets: () => Promise<ListenSecrets>;
  /** Hears what nobody else would: files that can't be read anew, logins that fail. */
  readonly warn: (failure: FerryError) => void;
  readonly bounds?: Partial<ListenBounds>;
  /** How often the files are looked at. */
  readonly reloadMs?: number;
}

export interface HttpListener extends ListeningTransport {
  /** Where it listens, once it does. */
  readonly port: number;
}

export function httpListener({
  listen: address,
  secrets: readSecrets,
  warn,
  bounds: given,
  reloadMs = 60_000,
}: HttpListenOptions): HttpListener {
  const where = formatListenAddress(address);
  const bounds = { ...defaultListenBounds, ...given };
  let server: Server | SecureServer | null = null;
  let reloading: NodeJS.Timeout | null = null;
  return {
    name: `http:${where}`,
    get port() {
      return (server?.address() as AddressInfo | null)?.port ?? 0;
    },
    async listen(door) {
      let secrets = await readSecrets();
      if (secrets.tls === null && !isLoopback(address.host)) throw inClear(where);
      server = await createServer(secrets.tls, bounds, where);
      const admission = new Admission(bounds);
      const warnings = new SparingWarnings(warn);
      const access = (): ListenSecrets["access"] => secrets.access;
      const taking = { door, admission, bounds, warn: warnings.add, access, shown };
      answerWith(server, bounds, (request, proceed) => takeRequest(request, proceed, taking));
      await startListening(server, address);
      reloading = setInterval(() => {
        warnings.lookBack();
        reload(server, secrets, readSecrets).then(
          (fresh) => (secrets = fresh),
          (error: unknown) => warn(explain(error, `Reading the files of http:${where} anew`)),
        );
      }, reloadMs).unref();
    },
    async close() {
      clearInterval(reloading ?? undefined);
      const closed = Promise.withResolvers<void>();
      if (server === null) return;
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function createServer(
  tls: ListenSecrets["tls"],
  bounds: ListenBounds,
  where: string,
): Promise<Server | SecureServer> {
  const options: ServerOptions = {
    maxHeaderSize: bounds.headerBytesMax,
    headersTimeout: bounds.headersMs,
    requestTimeout: bounds.requestMs,
    connectionsCheckingInterval: Math.min(5_000, bounds.headersMs),
    keepAliveTimeout: bounds.keepAliveMs,
    noDelay: true,
  };
  const server = await (tls === null ? createPlain(options) : createSecure(tls, bounds, options));
  server.maxConnections = bounds.connectionsMax;
  server.maxRequestsPerSocket = 1_000;
  server.on("error", () => {});
  return server;

  async function createPlain(plain: ServerOptions): Promise<Server> {
    return (await import("node:http")).createServer(plain);
  }

  async function createSecure(
    files: NonNullable<ListenSecrets["tls"]>,
    { headersMs }: ListenBounds,
    plain: ServerOptions,
  ): Promise<SecureServer> {
    const https = await import("node:https");
    try {
      // Any client may show a certificate; whether it is a site's is decided by its fingerprint.
      const asked = { requestCert: true, rejectUnauthorized: false };
      return https.createServer({ ...plain, ...files, ...asked, handshakeTimeout: headersMs });
    } catch (cause) {
      throw unusable(where, cause);
    }
  }
}

/** What was renewed is used from the next connection on; what can't be used leaves the old in force. */
async function reload(
  server: Server | SecureServer | null,
  old: ListenSecrets,
  readSecrets: () => Promise<ListenSecrets>,
): Promise<ListenSecrets> {
  const fresh = await readSecrets();
  const { tls } = fresh;
  const isNew = tls?.cert !== old.tls?.cert || tls?.key !== old.tls?.key;
  if (tls !== null && isNew && server !== null && "setSecureContext" in server) {
    try {
      server.setSecureContext(tls);
    } catch (cause) {
      throw unusable("the listener", cause);
    }
  }
  return fresh;
}

function shown({ socket, headers }: IncomingMessage): Shown {
  const certificate = certificateOf(socket);
  return { authorization: headers.authorization, certificate };
}

function certificateOf(socket: Socket): Shown["certificate"] {
  if (!("encrypted" in socket)) return null;
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined) return null;
  const now = Date.now();
  return {
    fingerprint: certificate.fingerprint256.replaceAll(":", ""),
    isInDate:
      certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime(),
  };
}

function unusable(where: string, cause: unknown): FerryError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FerryError(
    "key-unusable",
    `Certificate and key of ${where} can't be used: ${reason}; a renewal may be half done`,
    { cause, advice: "They are read anew by themselves; do the two belong together?" },
  );
}

function inClear(where: string): FerryError {
  return new FerryError(
    "settings-invalid",
    `http:${where} would take tokens in clear from the network: give cert and key, or listen on 127.0.0.1`,
  );
}
