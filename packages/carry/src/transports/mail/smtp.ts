// Hands messages to a relay by SMTP. A message is the relay's when it has said so after the last byte.

import { FerryError, printable } from "@siteferry/model";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Envelope } from "./compose.ts";
import { exchangeMsMax } from "./mail-limits.ts";
import {
  addressOf,
  lineFailure,
  type MailServer,
  type MailSecrets,
  tlsOptions,
} from "./mail-server.ts";
import { within } from "./within.ts";

export async function submit(
  server: MailServer,
  envelope: Envelope,
  messages: Iterable<Buffer>,
): Promise<void> {
  const secrets = await server.secrets();
  const connection = await prepare(server, secrets);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  connection.on("error", broken.reject);
  connection.on("end", () => broken.reject(new Error("the relay closed the connection")));
  const step = async (
    doing: string,
    ms: number,
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<void> => {
    const work = new Promise<void>((resolve, reject) => {
      start((error) => (error ? reject(error) : resolve()));
    });
    const end = (): void => connection.close();
    try {
      await within(ms, `${doing} ${addressOf(server)}`, Promise.race([work, broken.promise]), end);
    } catch (error) {
      throw smtpFailure(error, server, doing);
    }
  };
  try {
    await step("Connecting to", 2 * server.timeoutMs, (done) => connection.connect(done));
    if (server.user !== null) {
      const auth = { user: server.user, pass: secrets.password ?? "" };
      await step("Logging in to", server.timeoutMs, (done) => connection.login(auth, done));
    }
    for (const message of messages) {
      const { length: size } = message;
      await step("Sending to", exchangeMsMax, (done) =>
        connection.send({ ...envelope, size }, message, done),
      );
    }
    connection.quit();
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function prepare(server: MailServer, secrets: MailSecrets): Promise<SMTPConnection> {
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  const { host, port, tls, timeoutMs } = server;
  return new Connection({
    host,
    port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: tlsOptions(server, secrets),
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    maxResponseSize: 64 * 1024,
  });
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
}

function smtpFailure(error: unknown, server: MailServer, doing: string): FerryError {
  if (error instanceof FerryError) return error;
  const { code = "", responseCode = 0, message } = error as SmtpError;
  const where = `${doing} ${addressOf(server)}`;
  const failure = (kind: "login-refused" | "file-unsuitable" | "link-protocol", advice = "") =>
    new FerryError(kind, `${where}: ${printable(message, 300)}${advice}`, { cause: error });
  // 552 and 5.3.4 by RFC 1870; nodemailer itself compares with the SIZE that the relay announces.
  if (responseCode === 552 || /size larger than allowed|\b5\.3\.4\b/.test(message)) {
    return failure("file-unsuitable", "; lower partBytes to what the relay takes");
  }
  if (code === "EAUTH" && !isTransient(responseCode)) return failure("login-refused");
  if (code === "EENVELOPE" && responseCode >= 500) return failure("login-refused");
  if (responseCode > 0) return failure("link-protocol");
  return lineFailure(error, server, doing);
}

function isTransient(responseCode: number): boolean {
  return responseCode >= 400 && responseCode < 500;
}
