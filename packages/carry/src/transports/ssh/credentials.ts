// What a login is made with: a key from a file, the ssh-agent, or both.

import { FerryError, ifMissing } from "@siteferry/model";
import type { ConnectConfig } from "ssh2";
import { placeOf, type SshFiles, type SshServer } from "./settings.ts";

type Credentials = Required<Pick<ConnectConfig, "authHandler">> &
  Pick<ConnectConfig, "privateKey" | "passphrase" | "agent">;

/** @throws FerryError `key-unusable`, `login-refused`, `settings-unreadable` */
export async function readCredentials(files: SshFiles, server: SshServer): Promise<Credentials> {
  const key = server.key === undefined ? null : await readKey(files, server.key, server.passphrase);
  const agent = server.agent ? agentSocket(server) : null;
  return {
    ...key,
    ...(agent !== null && { agent }),
    authHandler: [
      ...(key === null ? [] : ["publickey" as const]),
      ...(agent === null ? [] : ["agent" as const]),
    ],
  };
}

async function readKey(
  files: SshFiles,
  path: string,
  passphrasePath: string | undefined,
): Promise<{ privateKey: string; passphrase?: string }> {
  const make = `ssh-keygen -t ed25519 -N '' -f ${path} makes one, as this user; its .pub belongs to the login there.`;
  const privateKey = await files.readSecret(path).catch(ifMissing(make));
  const passphrase =
    passphrasePath === undefined
      ? undefined
      : (await files.readSecret(passphrasePath)).replace(/\r?\n$/, "");
  const { utils } = (await import("ssh2")).default;
  const parsed = utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) {
    throw new FerryError("key-unusable", `${path}: ${parsed.message}`, {
      cause: parsed,
      advice: make,
    });
  }
  return { privateKey, ...(passphrase !== undefined && { passphrase }) };
}

function agentSocket(server: SshServer): string {
  const path = process.env["SSH_AUTH_SOCK"] ?? "";
  if (path !== "") return path;
  throw new FerryError(
    "login-refused",
    `${placeOf(server)}: the agent's keys are asked for, and SSH_AUTH_SOCK isn't set`,
  );
}
