// The API of an Icinga 2 over TLS: a few connections that stay open, a deadline on each step. The server
// has to show a certificate of the named authority, for the named name; there is no way around that.

import { setTimeout as pause } from "node:timers/promises";
import { FerryError, type FailureCode, limits, printable, systemCode } from "@siteferry/model";
import type { Dispatcher } from "undici";
import type { Icinga2Connection } from "../icinga2/connection.ts";

export interface Icinga2ClientOptions {
  /** https, without a path. */
  readonly url: string;
  /** The name in the certificate; undefined: the URL's host. */
  readonly serverName?: string | undefined;
  /** PEM. */
  readonly ca: string;
  readonly user: string;
  readonly password: string;
  readonly connections: number;
  /** For connecting, for the answer to begin, and for each of its pieces. */
  readonly timeoutMs: number;
}

export function icinga2Client(options: Icinga2ClientOptions): Icinga2Connection {
  const { url, user, password } = options;
  const where = printable(url.replace(/\/$/, ""), 200);
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  let opened: Promise<Dispatcher> | null = null;
  return {
    where,
    async ask({ method, path, body, accept = "application/json" }) {
      const { request } = await import("undici");
      opened ??= connect(options);
      let answer: { status: number; text: string };
      try {
        const response = await request(new URL(path, url), {
          method,
          dispatcher: await opened,
          headers: {
            authorization,
            accept,
            ...(body !== undefined && { "content-type": "application/json" }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        });
        answer = { status: response.statusCode, text: await readText(response.body, where) };
      } catch (error) {
        throw lineFailure(error, where);
      }
      if (answer.status === 401) {
        throw new FerryError(
          "core-refused",
          `${where}: it doesn't know ${printable(user)}, or not this password`,
        );
      }
      return answer;
    },
    async pause(milliseconds) {
      await pause(milliseconds);
    },
    async close() {
      await (await opened)?.destroy();
      opened = null;
    },
  };
}

async function connect(options: Icinga2ClientOptions): Promise<Dispatcher> {
  const { ca, serverName, connections, timeoutMs } = options;
  const { Agent } = await import("undici");
  return new Agent({
    connections,
    allowH2: false,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      ca,
      rejectUnauthorized: true,
      ...(serverName !== undefined && { servername: serverName }),
    },
  });
}

async function readText(body: AsyncIterable<Uint8Array>, where: string): Promise<string> {
  const received: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limits.answerBytesMax) {
      throw new FerryError(
        "core-unreachable",
        `${where}: an answer has more than ${limits.answerBytesMax} bytes`,
      );
    }
    received.push(piece);
  }
  return Buffer.concat(received).toString("utf8");
}

/** OpenSSL's words for a certificate that isn't believed, which Node uses as codes. */
const certificateFault =
  /^(?:CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/;

function lineFailure(error: unknown, where: string): FerryError {
  if (error instanceof FerryError) return error;
  const cause = systemCode(error) ?? "";
  const reason = error instanceof Error ? error.message : String(error);
  const code: FailureCode = certificateFault.test(cause) ? "peer-unknown" : "core-unreachable";
  const shown = [reason, cause].filter((part) => part !== "").join(", ");
  return new FerryError(code, `${where}: ${printable(shown, 300)}`, { cause: error });
}
