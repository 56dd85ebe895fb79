// Certificates for tests, made by the stock openssl: an authority, servers and clients that it vouches
// for, and such as nobody should believe.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Who vouches for it; without one it vouches for itself. */
  readonly authority?: Certificate;
  /** As openssl writes subjectAltName; default for 127.0.0.1, ::1 and localhost. */
  readonly names?: string;
  /** Its last day is over. */
  readonly isExpired?: boolean;
}

/** Makes `name`.crt and `name`.key, mode 0600, in `directory`. */
export async function makeCertificate(
  directory: string,
  name: string,
  {
    authority,
    names = "IP:127.0.0.1,IP:::1,DNS:localhost",
    isExpired = false,
  }: CertificateOptions = {},
): Promise<Certificate> {
  const certPath = `${directory}/${name}.crt`;
  const keyPath = `${directory}/${name}.key`;
  const request = `${directory}/${name}.csr`;
  await run("openssl", [
    ..."req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "),
    "-subj",
    `/CN=${name}`,
    "-addext",
    `subjectAltName=${names}`,
    ...(authority === undefined ? ["-addext", "basicConstraints=critical,CA:TRUE"] : []),
    "-keyout",
    keyPath,
    "-out",
    request,
  ]);
  const signer =
    authority === undefined
      ? ["-signkey", keyPath]
      : ["-CA", authority.certPath, "-CAkey", authority.keyPath];
  await run("openssl", [
    ..."x509 -req -copy_extensions copy".split(" "),
    "-in",
    request,
    ...signer,
    "-days",
    isExpired ? "-1" : "2",
    "-out",
    certPath,
  ]);
  const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
  await writeFile(keyPath, key, { mode: 0o600 });
  return { certPath, keyPath, cert, key };
}
