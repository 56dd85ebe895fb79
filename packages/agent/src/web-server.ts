// A web server to speak to, as both agents' files describe it.

import { z } from "zod";
import { absolutePath, duration, pemFile } from "./setting-types.ts";
import { kind } from "./setting-words.ts";

export interface WebServerSettings {
  readonly url: string;
  /** A file with the bearer token, mode 0600. */
  readonly token?: string | undefined;
  /** PEM: authorities to believe; without it the system's. */
  readonly ca?: string | undefined;
  /** PEM: our own certificate and its key, mode 0600. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** An address, or `none`; by default what HTTPS_PROXY and NO_PROXY in the environment say. */
  readonly proxy?: string | undefined;
  /** For each step: connecting, sending on, the answer; milliseconds. */
  readonly timeout: number;
}

type Keys<Settings> = { [Key in keyof Settings]-?: z.ZodType<Settings[Key]> };

/** The keys of a section that names a web server; {@link checkWebServer} belongs to it. */
export function webServerKeys(): Keys<WebServerSettings> {
  return {
    url: kind(
      "address",
      z.string().refine(isAddress, "not an address such as https://central.example.net:8443"),
    ),
    token: absolutePath.optional(),
    ca: pemFile.optional(),
    cert: pemFile.optional(),
    key: pemFile.optional(),
    proxy: kind(
      "address or `none`",
      z
        .string()
        .refine((text) => text === "none" || isAddress(text), "neither none nor http://HOST:PORT"),
    ).optional(),
    timeout: duration.prefault("30s"),
  };
}

/** What {@link webServerKeys} mean, but for the two that differ. */
export const webServerWords: Readonly<
  Record<Exclude<keyof WebServerSettings, "url" | "token">, string>
> = {
  ca: "authorities to believe; without it the system's",
  cert: "client certificate; `cert` and `key` together",
  key: "its key, mode 0600",
  proxy:
    "`http://HOST:PORT`. Without it `HTTPS_PROXY` and `NO_PROXY` in the environment count; " +
    "a password for the proxy can only stand there",
  timeout: "for each step: connecting, sending on, the answer",
};

/** `isLoopback` says whether a host is this machine: only there a token may travel in clear. */
export function checkWebServer(
  { url, token, cert, key }: Pick<WebServerSettings, "url" | "token" | "cert" | "key">,
  context: Pick<z.core.$RefinementCtx, "addIssue">,
  isLoopback: (host: string) => boolean,
): void {
  if ((cert === undefined) !== (key === undefined)) context.addIssue("cert and key go together");
  const { protocol, hostname } = URL.parse(url) ?? {};
  if (token !== undefined && protocol === "http:" && !isLoopback(hostname ?? "")) {
    context.addIssue("the token would travel in clear: use https://");
  }
}

/** Passwords stand in files or in the environment, never in YAML. */
function isAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return [url.username, url.password, url.search, url.hash].every((part) => part === "");
}
