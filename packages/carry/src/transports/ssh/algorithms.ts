// What is offered to a server. ssh2's own defaults still have SHA-1 (`ssh-rsa`, `hmac-sha1`) and zlib,
// which a hostile server could use against memory; bundles are compressed already.

import type { Algorithms } from "ssh2";

type HostKeyAlgorithm =
  | "ssh-ed25519"
  | `ecdsa-sha2-nistp${256 | 384 | 521}`
  | `rsa-sha2-${256 | 512}`;

const hostKeyAlgorithms: readonly HostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** Those of known keys first: a server with several shows the one that can be checked. */
export function algorithmsFor(knownTypes: readonly string[]): Algorithms {
  const isKnown = (algorithm: string): boolean =>
    knownTypes.includes(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
  const serverHostKey = [
    ...hostKeyAlgorithms.filter((algorithm) => isKnown(algorithm)),
    ...hostKeyAlgorithms.filter((algorithm) => !isKnown(algorithm)),
  ];
  return {
    kex: [
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      "ecdh-sha2-nistp256",
      "ecdh-sha2-nistp384",
      "ecdh-sha2-nistp521",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group18-sha512",
      "diffie-hellman-group-exchange-sha256",
      "diffie-hellman-group14-sha256",
    ],
    serverHostKey,
    cipher: [
      "aes128-gcm@openssh.com",
      "aes256-gcm@openssh.com",
      "aes128-ctr",
      "aes192-ctr",
      "aes256-ctr",
      "chacha20-poly1305@openssh.com",
    ],
    hmac: [
      "hmac-sha2-256-etm@openssh.com",
      "hmac-sha2-512-etm@openssh.com",
      "hmac-sha2-256",
      "hmac-sha2-512",
    ],
    compress: ["none"],
  };
}
