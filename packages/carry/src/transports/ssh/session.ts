// A login on a server whose host key is known.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { FerryError, ifMissing, printable, systemCode } from "@siteferry/model";
import type { Client } from "ssh2";
import { algorithmsFor } from "./algorithms.ts";
import { Conversation } from "./conversation.ts";
import { readCredentials } from "./credentials.ts";
import { findKnownHost, judgeHostKey, type KnownHost, knownTypes } from "./known-hosts.ts";
import { openLine } from "./line.ts";
import { placeOf, type SshConnection, type SshFiles } from "./settings.ts";

export interface Session {
  readonly client: Client;
  readonly conversation: Conversation;
  /** What everything goes over: of a jump host the line to that. */
  readonly line: Socket;
  close(): void;
}

/**
 * @param unsentBytesMax what may wait for a server that doesn't read: little where only questions are sent
 * @throws FerryError `link-…`, `peer-unknown`, `login-refused`, and those of the operator's files, which
 *   are read before anything is connected.
 */
export async function openSession(
  files: SshFiles,
  connection: SshConnection,
  unsentBytesMax?: number,
): Promise<Session> {
  const { host, port, knownHosts, timeoutMs } = connection;
  const scan = `ssh-keyscan -p ${port} ${host} > ${knownHosts}, and compare what it says with the host's owner.`;
  const text = await files.readText(knownHosts).catch(ifMissing(scan));
  const known = findKnownHost(text, knownHosts, host, port);
  const credentials = await readCredentials(files, connection);
  const { Client } = (await import("ssh2")).default;
  const client = new Client();
  const way = await openWay(files, connection, unsentBytesMax);
  const end = (): void => {
    client.destroy();
    way.close();
  };
  const place = placeOf(connection);
  const conversation = new Conversation(place, way.line, timeoutMs, end, unsentBytesMax);
  watch(client, conversation);
  try {
    await conversation.step<void>("key exchange", (done) => {
      client.once("handshake", () => done());
      client.connect({
        ...credentials,
        sock: way.stream,
        username: connection.user,
        algorithms: algorithmsFor(knownTypes(known)),
        hostVerifier: verifier(known, conversation),
        // Deadlines are the conversation's. ssh2's own keepalive would take a slow line for a dead one:
        // its answers queue behind a bundle. TCP's does without.
        readyTimeout: 0,
      });
    });
    await conversation.step<void>("login", (done) => {
      client.once("ready", () => done());
    });
  } catch (error) {
    end();
    throw refusedBy(conversation.place, "logging in", error);
  }
  // Only what is waited for keeps the process alive, and each step has its timer.
  way.line.unref();
  const close = (): void => {
    client.end();
    way.close();
  };
  return { client, conversation, line: way.line, close };
}

interface Way {
  readonly line: Socket;
  readonly stream: Duplex;
  close(): void;
}

async function openWay(
  files: SshFiles,
  connection: SshConnection,
  unsentBytesMax?: number,
): Promise<Way> {
  const { jump, host, port, timeoutMs } = connection;
  if (jump === undefined) {
    const line = await openLine(host, port, timeoutMs);
    return { line, stream: line, close: () => line.destroySoon() };
  }
  const { client, conversation, line, close } = await openSession(
    files,
    { ...jump, timeoutMs },
    unsentBytesMax,
  );
  try {
    const stream = await conversation.step<Duplex>(`connecting to ${host}:${port}`, (done) => {
      client.forwardOut("127.0.0.1", 0, host, port, done);
    });
    return { line, stream, close };
  } catch (error) {
    close();
    throw refusedBy(conversation.place, `connecting to ${host}:${port}`, error);
  }
}

/** The server's answer to one step, as a failure of the link; a failure of the line as it is. */
export function refusedBy(place: string, what: string, error: unknown): unknown {
  if (error instanceof FerryError || !(error instanceof Error)) return error;
  const reason = printable(error.message, 200);
  return new FerryError("link-protocol", `${place}: ${what}: ${reason}`, { cause: error });
}

/** Anything but `true` and `false` ssh2 would take for a yes. */
function verifier(known: KnownHost, conversation: Conversation): (key: Buffer) => boolean {
  return (key) => {
    const problem = judgeHostKey(known, key);
    if (problem !== null) conversation.fail("peer-unknown", problem);
    return problem === null;
  };
}

/** SSH_DISCONNECT_… numbers that end a login. */
const loginEnds = new Set<unknown>([2, 14]);

function watch(client: Client, conversation: Conversation): void {
  let isIn = false;
  client.on("ready", () => (isIn = true));
  client.on("close", () => conversation.fail("link-unreachable", "the connection ended"));
  client.on("error", (error: Error & { level?: string; code?: unknown }) => {
    const isRefused =
      error.level === "client-authentication" ||
      error.level === "agent" ||
      (!isIn && loginEnds.has(error.code));
    const isLine = error.level === "client-socket" || systemCode(error) !== undefined;
    const code = isRefused ? "login-refused" : isLine ? "link-unreachable" : "link-protocol";
    conversation.fail(code, error.message, error);
  });
}
