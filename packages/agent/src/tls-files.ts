// The files of a TLS connection to a Livestatus server, as both agents' settings name them.

import type { FileSystem } from "@siteferry/model";
import { z } from "zod";
import { readKey, readText } from "./read-text.ts";
import { absolutePath } from "./setting-types.ts";

/** PEM files. Without `ca` the system's authorities are believed. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

export const tlsFiles: z.ZodType<TlsFiles> = z.strictObject({
  ca: absolutePath.optional(),
  cert: absolutePath.optional(),
  key: absolutePath.optional(),
  serverName: z.string().optional(),
});

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
