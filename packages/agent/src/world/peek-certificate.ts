// Looks at the certificate that a server shows, believed or not. Nothing is sent to it but what begins TLS.

import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { FerryError, printable } from "@siteferry/model";
import type { Certificate, TlsServer } from "../doctor/probes.ts";

const stepMs = 8_000;
const lineBytesMax = 8_192;

/** @throws FerryError `link-unreachable`, `link-timeout`, `link-protocol` */
export async function peekCertificate({ host, port, startTls }: TlsServer): Promise<Certificate> {
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const { promise, resolve, reject } = Promise.withResolvers<Certificate>();
  const fail = (code: "link-unreachable" | "link-timeout" | "link-protocol", reason: string) =>
    reject(new FerryError(code, `${place}: ${printable(reason, 200)}`));
  const timer = setTimeout(() => fail("link-timeout", `no TLS in ${stepMs} ms`), stepMs);
  const plain = connectPlain({ host, port });
  plain.on("error", (error) => fail("link-unreachable", error.message || "nothing answers"));
  let secure: TLSSocket | null = null;
  try {
    const begin = async (): Promise<void> => {
      if (startTls !== undefined) await askForTls(plain, startTls);
      secure = connectTls({
        socket: plain,
        rejectUnauthorized: false,
        ...(isIP(host) === 0 && { servername: host }),
      });
      secure.on("error", (error) => fail("link-protocol", error.message));
      secure.once("secureConnect", () => resolve(certificateOf(secure!)));
    };
    begin().catch((error: unknown) => fail("link-protocol", String(error)));
    return await promise;
  } finally {
    clearTimeout(timer);
    (secure as TLSSocket | null)?.destroy();
    plain.destroy();
  }
}

function certificateOf(secure: TLSSocket): Certificate {
  const { valid_from: from, valid_to: to, subject } = secure.getPeerCertificate();
  const [name] = [subject?.CN].flat();
  return {
    validFromMs: Date.parse(from),
    validToMs: Date.parse(to),
    subject: printable(name ?? "", 100),
  };
}

/** What is waited for, and then said, in turn. */
const preludes = {
  smtp: [/^220 /m, "EHLO siteferry", /^250 /m, "STARTTLS", /^220 /m],
  imap: [/^\* OK/m, "a STARTTLS", /^a OK/m],
  pop3: [/^\+OK/m, "STLS", /^\+OK/m],
} as const;

async function askForTls(socket: Socket, kind: keyof typeof preludes): Promise<void> {
  for (const step of preludes[kind]) {
    if (typeof step === "string") socket.write(`${step}\r\n`);
    else await waitFor(socket, step);
  }
}

async function waitFor(socket: Socket, answer: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  const take = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    if (answer.test(text)) resolve();
    else if (/^[45]\d\d |^-ERR|^a (?:NO|BAD)/m.test(text) || text.length > lineBytesMax) {
      reject(new Error(`it offers no TLS: ${printable(text.trim(), 120)}`));
    }
  };
  const ended = (): void => reject(new Error("the server closed the connection"));
  socket.on("data", take);
  socket.once("close", ended);
  try {
    await promise;
  } finally {
    socket.off("data", take);
    socket.off("close", ended);
  }
}
