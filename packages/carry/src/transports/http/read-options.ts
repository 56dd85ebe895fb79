// From the paths in an agent's settings to what a client needs: files are read when they are used.

import type { ReadSecret } from "../../transport.ts";
import { parseToken } from "./access.ts";
import type { HttpClientOptions } from "./client.ts";

/** As both agents' settings have it: files by their paths, times in milliseconds. */
interface WebServer {
  readonly url: string;
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly proxy?: string | undefined;
  readonly timeout: number;
}

export function readHttpOptions(
  { readSecret, readText }: { readonly readSecret: ReadSecret; readonly readText: ReadSecret },
  { url, token, ca, cert, key, proxy, timeout }: WebServer,
): HttpClientOptions {
  return {
    url: new URL(url),
    proxy: proxy === undefined ? null : proxy === "none" ? "none" : new URL(proxy),
    timeoutMs: timeout,
    secrets: async () => ({
      token: token === undefined ? null : parseToken(await readSecret(token), token),
      ca: ca === undefined ? null : await readText(ca),
      cert: cert === undefined ? null : await readText(cert),
      key: key === undefined ? null : await readSecret(key),
    }),
  };
}
