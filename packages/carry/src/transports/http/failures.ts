// What went wrong on the way to a web server, or what it answered, as a FerryError that says where.

import { getCACertificates } from "node:tls";
import { explain, FerryError, type FailureCode, printable, systemCode } from "@siteferry/model";
import { Busy } from "../../transport.ts";
import type { Answer } from "./client.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** The line, or what is on it, failed before there was an answer. */
export function lineFailure(error: unknown, where: string): FerryError {
  if (error instanceof FerryError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const ofProxy = /^Proxy response \((\d+)\)/.exec(reason)?.[1];
  if (ofProxy !== undefined) {
    return new FerryError(
      ofProxy === "407" ? "login-refused" : "link-unreachable",
      `${where}: the proxy on the way answers CONNECT with ${ofProxy}`,
      { cause: error },
    );
  }
  const code = lineCode(error);
  if (code === null) return explain(error, where);
  // Nobody here has a Node.js to try it with.
  const words = reason.replace(/; if the root CA is installed locally, .*/, "");
  const shown = [words, systemCode(error) ?? ""].filter((part) => part !== "").join(", ");
  const advice = isOfUnknownAuthority(error) ? adviceOnAuthority() : undefined;
  return new FerryError(code, `${where}: ${printable(shown, 300)}`, { cause: error, advice });
}

function isOfUnknownAuthority(error: unknown): boolean {
  return /^(?:SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF))/.test(
    systemCode(error) ?? "",
  );
}

function adviceOnAuthority(): string {
  const own = "name that one's certificate as `ca`.";
  return getCACertificates("system").length === 0
    ? `This machine has no list of authorities: install ca-certificates. If the certificate is of one of your own, ${own}`
    : `If its certificate is of an authority of your own, ${own} Else compare it with the server's owner.`;
}

const timeouts = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** OpenSSL's words for a certificate that isn't believed, which Node uses as codes. */
const certificateFault =
  /^(?:CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|UND_ERR_PRX_TLS)/;

/** A failure of the network itself, in the words of the system, of undici and of streams. */
const networkFault = /^(?:E(?!RR_)|UND_ERR_(?!INVALID)|ERR_STREAM_PREMATURE_CLOSE)/;

/** Null for what has nothing to do with the line. */
function lineCode(error: unknown): FailureCode | null {
  const code = systemCode(error) ?? "";
  if (timeouts.has(code) || (error instanceof Error && error.name === "TimeoutError")) {
    return "link-timeout";
  }
  if (certificateFault.test(code)) return "peer-unknown";
  // A server that asks for a client certificate, in the handshake itself.
  if (/^ERR_SSL_.*ALERT.*(?:CERTIFICATE|ACCESS_DENIED|UNKNOWN_CA)/.test(code)) {
    return "login-refused";
  }
  const isNoHttp = error instanceof Error && error.name === "HTTPParserError";
  if (isNoHttp || /^(?:ERR_SSL_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_)/.test(code)) {
    return "link-protocol";
  }
  return networkFault.test(code) ? "link-unreachable" : null;
}

/** For every answer that isn't the one that was asked for. */
export function answerFailure(answer: Answer, where: string): FerryError {
  const { status, headers } = answer;
  const said = `${where} answers ${status}${wordsOf(answer)}`;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return new FerryError("login-refused", said);
    case 422:
      return new FerryError("centre-refused", said);
    case 429:
    case 503:
      return new Busy(said, parseRetryAfter(headers["retry-after"], Date.now()));
    case 408:
    case 504:
      return new FerryError("link-timeout", said);
    case 502:
      return new FerryError(
        "link-unreachable",
        `${said}: a proxy in front of the centre doesn't reach it`,
      );
    case 413:
      return new FerryError(
        "link-protocol",
        `${said}: a proxy on the way has a smaller limit than siteferry (nginx: client_max_body_size)`,
      );
    default:
      return new FerryError("link-protocol", redirected(said, headers["location"]));
  }
}

/** Never followed: the operator names the centre, nobody else. */
function redirected(said: string, location: string | string[] | undefined): string {
  if (typeof location !== "string") return said;
  return `${said} and points to ${printable(location, 200)}, which isn't followed`;
}

/** siteferry says `{"code": …, "message": …}`; of anything else the beginning is shown. */
function wordsOf({ body }: Answer): string {
  const text = Buffer.from(body).toString("utf8").trim();
  if (text === "") return "";
  try {
    const { code, message }: Record<string, unknown> = JSON.parse(text);
    if (typeof message === "string") {
      const shown = typeof code === "string" ? `${code}: ${message}` : message;
      return ` (${printable(shown, 400)})`;
    }
  } catch {
    // No JSON: a proxy's page.
  }
  return ` (${printable(text, 120)})`;
}
