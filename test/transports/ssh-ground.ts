// What the tests of ssh stand on: a key, a known_hosts file, and a centre behind a forced command.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  OutgoingBundle,
  ReceivingTransport,
  SendingTransport,
  SshConnection,
  SshFiles,
} from "@siteferry/carry";
import {
  exitCodes,
  explain,
  parseSiteId,
  type Random,
  Refusal,
  type SiteId,
} from "@siteferry/model";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { makeSshKey, type Sshd, type SshKeyType } from "@siteferry/testkit/servers";
import { testDoor } from "@siteferry/carry/transport-contract";

const read = async (path: string): Promise<string> => await readFile(path, "utf8");
export const files: SshFiles = { readSecret: read, readText: read };

/** Whoever logs in. */
export interface Client extends AsyncDisposable {
  readonly directory: string;
  readonly key: string;
  readonly publicKey: string;
  /** To a port on loopback, believing `hostKeys`, which are `type base64`. */
  to(
    sshd: Pick<Sshd, "port" | "user" | "hostKeys">,
    changes?: Partial<SshConnection>,
  ): Promise<SshConnection>;
}

export async function makeClient(type: SshKeyType = "ed25519", passphrase = ""): Promise<Client> {
  const { path, remove } = await makeTemporaryDirectory("ssh");
  const key = join(path, "id");
  const publicKey = await makeSshKey(key, type, passphrase);
  let lists = 0;
  return {
    directory: path,
    key,
    publicKey,
    async to({ port, user, hostKeys }, changes = {}) {
      const knownHosts = join(path, `known_hosts${(lists += 1)}`);
      const lines = hostKeys.map((hostKey) => `[127.0.0.1]:${port} ${hostKey}\n`);
      await writeFile(knownHosts, lines.join(""));
      const timeoutMs = 20_000;
      return {
        host: "127.0.0.1",
        port,
        user,
        key,
        agent: false,
        knownHosts,
        timeoutMs,
        ...changes,
      };
    },
    [Symbol.asyncDispose]: remove,
  };
}

export interface Answer {
  readonly status: number;
  readonly text: string | Uint8Array;
}

/** A centre that answers as the test says: what stands behind the forced command. */
export interface Centre extends AsyncDisposable {
  /** For authorized_keys, in front of the key. */
  readonly restriction: string;
  /** A process that stands there, too, and starts in no time; no shell. */
  readonly quick: readonly string[];
  /** How many processes came and how many of them were told something. */
  readonly visits: { begun: number; answered: number };
}

export async function openCentre(
  answer: (content: Buffer<ArrayBuffer>) => Promise<Answer>,
): Promise<Centre> {
  const { path, remove } = await makeTemporaryDirectory("centre");
  const visits = { begun: 0, answered: 0 };
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    visits.begun += 1;
    open.add(socket);
    socket.on("error", () => {});
    const parts: Buffer[] = [];
    socket.on("data", (data: Buffer) => parts.push(data));
    const reply = async (): Promise<void> => {
      const { status, text } = await answer(Buffer.concat(parts));
      visits.answered += 1;
      socket.write(`${status}\n`);
      socket.end(text);
    };
    socket.on("end", () => void reply());
  });
  const socketPath = join(path, "socket");
  server.listen(socketPath);
  await once(server, "listening");
  const script = fileURLToPath(new URL("stand-in-receiver.ts", import.meta.url));
  return {
    restriction: `restrict,command="${process.execPath} ${script} ${socketPath}"`,
    quick: ["perl", fileURLToPath(new URL("stand-in-receiver.pl", import.meta.url)), socketPath],
    visits,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await remove();
    },
  };
}

/** A centre that takes in whole what `watched` sends, as the door of the contract does. */
export async function openTakingCentre(): Promise<
  Centre & { receiver: ReceivingTransport; watched(sender: SendingTransport): SendingTransport }
> {
  const directory = await makeTemporaryDirectory("taken");
  const names = new Map<string, string>();
  const hashOf = (content: Uint8Array): string =>
    createHash("sha256").update(content).digest("hex");
  await mkdir(join(directory.path, "in"));
  const { door, receiver } = testDoor(join(directory.path, "in"), (content) => {
    const name = names.get(hashOf(content));
    // As the real one: of a bundle that was cut off its header tells.
    if (name === undefined) throw new Refusal("bundle-truncated", "Only a part came");
    return name;
  });
  const centre = await openCentre(async (content) => {
    try {
      const receipt = await door({ from: "ssh", site: null, content });
      return { status: 0, text: receipt ?? "" };
    } catch (error) {
      const { kind, message } = explain(error, "Taking in");
      return { status: exitCodes[kind], text: message };
    }
  });
  return {
    ...centre,
    receiver,
    watched: (sender) => ({
      ...sender,
      async send(bundle) {
        names.set(hashOf(bundle.content), bundle.name);
        return await sender.send(bundle);
      },
    }),
    async [Symbol.asyncDispose]() {
      await centre[Symbol.asyncDispose]();
      await directory.remove();
    },
  };
}

export const site: SiteId = parseSiteId("remote1")!;
export const random: Random = { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) };
export const name = "remote1-000000000001-000000000001.keyframe.ferry";
export const bundle: OutgoingBundle = { name, content: Buffer.from("content") };
export const receiptOf = async (): Promise<Answer> => ({ status: 0, text: "receipt\n" });

/** How a client reaches a server, as YAML. */
export async function sshSection(
  client: Client,
  sshd: Parameters<Client["to"]>[0],
): Promise<string> {
  const { host, port, user, key, knownHosts } = await client.to(sshd);
  return `{ host: ${host}, port: ${port}, user: ${user}, key: ${key}, knownHosts: ${knownHosts} }`;
}

/** Everything that a test opens, closed in the end, the last first. */
export function together(): AsyncDisposableStack {
  return new AsyncDisposableStack();
}

/** The system's ssh, with a configuration file of its own. */
export function systemSsh(
  client: Pick<Client, "key">,
  { port, knownHosts }: Pick<SshConnection, "port" | "knownHosts">,
): string[] {
  const options = {
    Port: port,
    UserKnownHostsFile: knownHosts,
    IdentityFile: client.key,
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    BatchMode: "yes",
  };
  const words = Object.entries(options).flatMap((pair) => ["-o", pair.join("=")]);
  return ["ssh", "-F", "none", "-T", ...words, "127.0.0.1"];
}
