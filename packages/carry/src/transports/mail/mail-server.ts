// What the connections to SMTP, IMAP and POP3 servers have in common.

import { FerryError, printable, systemCode } from "@siteferry/model";
import type { ConnectionOptions } from "node:tls";
import { isIP } from "node:net";
import type { ReadSecret } from "../../transport.ts";

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte on; `starttls` or not at all; `none` in clear. */
  readonly tls: "tls" | "starttls" | "none";
  readonly user: string | null;
  /** Read anew for each connection. */
  readonly secrets: () => Promise<MailSecrets>;
  /** For each step, and for each silence within one. */
  readonly timeoutMs: number;
}

export interface MailSecrets {
  readonly password: string | null;
  /** PEM; null: the authorities of the system. */
  readonly authorities: string | null;
}

/** Reads them from their files. */
export function mailSecrets(
  { readSecret, readText }: { readonly readSecret: ReadSecret; readonly readText: ReadSecret },
  { password, ca }: { readonly password?: string | undefined; readonly ca?: string | undefined },
): MailServer["secrets"] {
  return async () => ({
    // An editor puts a line feed behind it.
    password: password === undefined ? null : (await readSecret(password)).replace(/\r?\n$/, ""),
    authorities: ca === undefined ? null : await readText(ca),
  });
}

export function addressOf({ host, port }: MailServer): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function tlsOptions({ host }: MailServer, { authorities }: MailSecrets): ConnectionOptions {
  return {
    minVersion: "TLSv1.2",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(authorities === null ? {} : { ca: authorities }),
  };
}

const unknownPeer =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ALTNAME/;
const unreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EDNS)$/;
const outOfTime = /TIMEDOUT|TIMEOUT|NoConnection/i;

/** A failure of the line below the protocol; what the libraries call it, by their codes. */
export function lineFailure(error: unknown, server: MailServer, doing: string): FerryError {
  if (error instanceof FerryError) return error;
  const codes = codesOf(error);
  const where = `${doing} ${addressOf(server)}`;
  const said = printable(error instanceof Error ? error.message : String(error), 200);
  const failure = (code: "peer-unknown" | "link-unreachable" | "link-timeout" | "link-protocol") =>
    new FerryError(code, `${where}: ${said}`, { cause: error });
  if (codes.some((code) => unknownPeer.test(code))) return failure("peer-unknown");
  if (codes.some((code) => unreachable.test(code))) return failure("link-unreachable");
  if (codes.some((code) => outOfTime.test(code))) return failure("link-timeout");
  return failure("link-protocol");
}

/** Libraries put their own code over the system's. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const original = "originalCode" in error ? String(error.originalCode) : "";
  const inner = error.cause === undefined ? [] : codesOf(error.cause);
  const several = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [systemCode(error) ?? "", original, ...inner, ...several].filter((code) => code !== "");
}
