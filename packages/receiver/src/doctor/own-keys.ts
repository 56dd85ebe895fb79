// The centre's own secrets: what signs receipts, what decrypts, what lets sites in.

import {
  type Check,
  fail,
  type Finding,
  ok,
  readKey,
  secretFileFault,
  skipped,
} from "@siteferry/agent";
import { loadSigner, parseAgeIdentities } from "@siteferry/bundle";
import type { ReceiverSettings } from "../settings.ts";
import type { ReceiverSubject } from "./subject.ts";

export const ownKeys: Check<ReceiverSubject> = {
  name: "keys",
  async run(subject) {
    const { settings } = subject;
    const { key, identity, centre } = settings;
    const found: Finding[] = [];
    if (key !== undefined) {
      const make = `siteferry keygen ${key} -C ${centre}; its line belongs to the sites`;
      found.push(...(await lookAt(subject, key, make, keyIdIn)));
    }
    if (identity !== undefined) {
      const make = `siteferry keygen --age ${identity}; what it prints belongs to the sites`;
      found.push(...(await lookAt(subject, identity, make, identitiesIn)));
    }
    const encrypting = Object.entries(settings.sites).find(([, { encrypted }]) => encrypted);
    if (encrypting !== undefined && identity === undefined) {
      const todo = "siteferry keygen --age FILE, and name the file as identity.";
      found.push(
        fail(`${encrypting[0]} has to encrypt, and there is no identity to decrypt`, todo),
      );
    }
    for (const path of new Set(secretsOf(settings))) {
      const make = makingOf(settings, path, subject.probes.user.name);
      found.push(
        ...(await lookAt(subject, path, make, () => `${path}: only its user may read it`)),
      );
    }
    return found.length > 0 ? found : [skipped("there are none: nothing is signed or decrypted")];
  },
};

type Say = (text: string, path: string) => string | Promise<string>;

async function lookAt(
  { probes, world }: ReceiverSubject,
  path: string,
  make: string,
  say: Say,
): Promise<readonly Finding[]> {
  const fault = await secretFileFault(probes, path, make);
  if (fault !== null) return [fault];
  return [ok(await say(await readKey(world.files, path), path))];
}

async function keyIdIn(text: string, path: string): Promise<string> {
  return `${path} signs receipts, as ${(await loadSigner(text, path)).keyId}`;
}

function identitiesIn(text: string, path: string): string {
  return `${path} has ${parseAgeIdentities(text, path).length} keys that decrypt`;
}

/** How a secret of this file comes to be. */
function makingOf({ transports }: ReceiverSettings, path: string, user: string): string {
  const isSshKey = transports.some(
    (one) => "ssh" in one && [one.ssh.key, one.ssh.jump?.key].includes(path),
  );
  if (isSshKey) return `As ${user}: ssh-keygen -t ed25519 -N '' -f ${path}; its .pub belongs there`;
  const isToken = transports.some(
    (one) =>
      ("http" in one && Object.values(one.http.sites).some(({ token }) => token === path)) ||
      ("httpPull" in one && one.httpPull.token === path),
  );
  const made = isToken
    ? "openssl rand -hex 32 makes a token"
    : "Put there what the other side gave";
  return `${made}; mode 600, of ${user}`;
}

/** Files with passwords, tokens and keys of links and targets. */
function secretsOf({ transports, targets }: ReceiverSettings): readonly string[] {
  const ofLinks = transports.flatMap((transport) => {
    if ("http" in transport) {
      const { key, sites } = transport.http;
      return [key, ...Object.values(sites).map(({ token }) => token)];
    }
    if ("httpPull" in transport) return [transport.httpPull.token, transport.httpPull.key];
    if ("ssh" in transport) {
      const { key, passphrase, jump } = transport.ssh;
      return [key, passphrase, jump?.key, jump?.passphrase];
    }
    if (!("mail" in transport)) return [];
    const { mail } = transport;
    return ["imap" in mail ? mail.imap.password : "pop3" in mail ? mail.pop3.password : undefined];
  });
  const ofTargets = targets.map((one) =>
    "icinga2" in one ? one.icinga2.password : "commands" in one ? one.commands.tls?.key : undefined,
  );
  return [...ofLinks, ...ofTargets].filter((path) => path !== undefined);
}
