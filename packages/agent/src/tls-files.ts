// The files of a TLS connection to a Livestatus server, as both agents' settings name them.

import type { FileSystem } from "@siteferry/model";
import { z } from "zod";
import { readKey, readText } from "./read-text.ts";
import { pemFile } from "./setting-types.ts";
import { explained } from "./setting-words.ts";

/** PEM files. Without `ca` the system's authorities are believed. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

export const tlsFiles: z.ZodType<TlsFiles> = explained(
  z.strictObject({
    ca: pemFile.optional(),
    cert: pemFile.optional(),
    key: pemFile.optional(),
    serverName: z.string().optional(),
  }),
  {
    ca: "authorities to believe; without it the system's",
    cert: "client certificate",
    key: "its key, mode 0600",
    serverName: "the name in the server's certificate, where it isn't the address's",
  },
);

/** What stands in a file of {@link TlsFiles}, PEM texts. */
interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** @throws FerryError `key-unusable`, `settings-unreadable` */
export async function readTlsFiles(
  files: FileSystem,
  { ca, cert, key, serverName }: TlsFiles,
): Promise<TlsTexts> {
  return {
    ...(ca !== undefined && { ca: await readText(files, ca) }),
    ...(cert !== undefined && { cert: await readText(files, cert) }),
    ...(key !== undefined && { key: await readKey(files, key) }),
    ...(serverName !== undefined && { serverName }),
  };
}
