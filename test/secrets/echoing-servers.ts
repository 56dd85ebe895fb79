// Servers that complain by repeating what they were sent, as some do, login and all: of HTTP, SMTP, IMAP and
// POP3. They let nobody in.

import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Certificate } from "@siteferry/testkit";

interface Echoing extends AsyncDisposable {
  readonly port: number;
  /** All that it was told. */
  readonly heard: readonly string[];
}

async function open(server: Server, heard: readonly string[]): Promise<Echoing> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Says all headers again: as JSON, which siteferry's own door speaks, or as a page. */
export async function echoingWeb(form: "json" | "page", tls?: Certificate): Promise<Echoing> {
  const heard: string[] = [];
  const answer = ({ headers }: IncomingMessage, response: ServerResponse): void => {
    const { authorization = "" } = headers;
    heard.push(authorization);
    const page = `unknown authorization ${authorization}`;
    response.writeHead(400).end(form === "json" ? JSON.stringify({ message: page }) : page);
  };
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer);
  return await open(server, heard);
}

type Reply = (line: string) => string;

/** A server that speaks in lines; each connection has a `reply` of its own, which gets one and answers. */
async function lines(greeting: string, begin: () => Reply): Promise<Echoing> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(greeting);
    const reply = begin();
    createInterface({ input: socket }).on("line", (line) => {
      heard.push(line);
      if (socket.writable) socket.write(reply(line));
    });
  });
  return await open(server, heard);
}

export async function echoingSmtp(login: "PLAIN" | "LOGIN"): Promise<Echoing> {
  return await lines("220 echo ESMTP\r\n", () => {
    let asked = 0;
    return (line) => {
      if (line.startsWith("EHLO")) return `250-echo\r\n250 AUTH ${login}\r\n`;
      // LOGIN asks twice; what comes then is the password alone.
      if (login === "LOGIN" && (asked += 1) < 3) return "334 VXNlcm5hbWU6\r\n";
      return `535 5.7.8 can't understand ${line}\r\n`;
    };
  });
}

export async function echoingImap(): Promise<Echoing> {
  const greeting = "* OK [CAPABILITY IMAP4rev1] echo\r\n";
  return await lines(greeting, () => (line) => {
    const [tag = "", verb = ""] = line.split(" ");
    if (verb === "CAPABILITY") return `* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`;
    return verb === "LOGIN" ? `${tag} BAD can't understand ${line}\r\n` : `${tag} OK done\r\n`;
  });
}

export async function echoingPop3(): Promise<Echoing> {
  return await lines(
    "+OK echo\r\n",
    () => (line) => (line.startsWith("PASS ") ? `-ERR can't understand ${line}\r\n` : "+OK\r\n"),
  );
}
