// What the ways of siteferry are compared with: a stock program that brings the same bytes to the same
// machine over the same protocol.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { startNginx } from "@siteferry/testkit/servers";
import { systemSsh } from "../transports/ssh-ground.ts";
import type { Centre } from "./links-centre.ts";

export interface Floor {
  readonly title: string;
  prepare(centre: Centre): Promise<FloorTool>;
}

interface FloorTool extends AsyncDisposable {
  /** Takes the file over, durably where the title says so. */
  carry(file: string): Promise<void>;
}

/** By a key that may run anything. */
export const opensshToFile: Floor = {
  title: "`ssh … 'cat > FILE && sync FILE'`",
  async prepare(centre) {
    const connection = await centre.operator();
    const target = `${centre.place.root}/floor`;
    const ssh = systemSsh({ key: connection.key! }, connection);
    return {
      carry: async (file) => await run([...ssh, `cat > ${target} && sync ${target}`], file),
      async [Symbol.asyncDispose]() {},
    };
  },
};

export const curlToNginx: Floor = {
  title: "`curl -T` to nginx, which doesn't sync",
  async prepare({ place: { root, certificate } }) {
    const { certPath, keyPath } = certificate;
    const web = await startNginx(
      (port) => `
        server {
          listen 127.0.0.1:${port} ssl;
          ssl_certificate ${certPath};
          ssl_certificate_key ${keyPath};
          client_max_body_size 0;
          root ${root};
          location / { dav_methods PUT; }
        }`,
    );
    const url = `https://127.0.0.1:${web.port}/floor`;
    return {
      carry: async (file) => await curl(["--cacert", certPath, "-T", file, url]),
      [Symbol.asyncDispose]: web[Symbol.asyncDispose],
    };
  },
};

export async function curl(words: readonly string[]): Promise<void> {
  await run([
    "curl",
    "--disable",
    "--silent",
    "--show-error",
    "--fail",
    "--noproxy",
    "*",
    ...words,
  ]);
}

/** @throws Error with what it said, unless it ends with 0. */
async function run([program = "", ...words]: readonly string[], input?: string): Promise<void> {
  const stdin = input === undefined ? null : await open(input);
  try {
    const child = spawn(program, words, { stdio: [stdin?.fd ?? "ignore", "ignore", "pipe"] });
    const ending = once(child, "close") as Promise<[number | null]>;
    const [said, [status]] = await Promise.all([buffer(child.stderr!), ending]);
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${said.toString().trim()}`);
  } finally {
    await stdin?.close();
  }
}
