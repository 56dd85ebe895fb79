// The target icinga2 in receiver.yaml: an Icinga 2 at the centre, through its API.

import { absolutePath, duration, explained, kind, pemFile } from "@siteferry/agent";
import { z } from "zod";
import { targetDirectory } from "./applied-store.ts";

export interface Icinga2Settings {
  /** https://HOST:PORT */
  readonly url: string;
  /** The name in the core's certificate, mostly its NodeName, where it isn't the URL's host. */
  readonly serverName?: string | undefined;
  /** PEM: the authority that the core's certificate has to come from. */
  readonly ca: string;
  /** An ApiUser, and a file with its password, mode 0600. */
  readonly user: string;
  readonly password: string;
  /** The configuration package, siteferry's alone. */
  readonly package: string;
  /** The objects' zone; without it they stand beside the core's own. */
  readonly zone?: string | undefined;
  /** Templates of the core's own configuration that objects import after siteferry's. */
  readonly hostTemplates: readonly string[];
  readonly serviceTemplates: readonly string[];
  /** The least time between two uploads; milliseconds, as the two below. */
  readonly reloadEvery: number;
  /** How long the core may validate. */
  readonly validation: number;
  /** For connecting, and for an answer. */
  readonly timeout: number;
  /** Requests at once. */
  readonly connections: number;
}

const name = z
  .string()
  .regex(/^[^"\\\u0000-\u001f!]{1,255}$/, "not a name that Icinga 2 could have");
const templates = kind("list of names", z.array(name)).default([]);
const apiUser = z.string().regex(/^[^:\u0000-\u001f]+$/, "not the name of an API user");
const packageName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "letters, digits, _ and - only");
/** It becomes the name of a directory. */
const zone = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "not a zone");

export const icinga2Schema: z.ZodType<Icinga2Settings> = explained(
  z.strictObject({
    url: kind(
      "address",
      z.string().refine(isAddress, "not an address such as https://127.0.0.1:5665"),
    ),
    serverName: kind("name", z.string().min(1)).optional(),
    ca: pemFile,
    user: kind("name", apiUser).default("siteferry"),
    password: absolutePath,
    package: kind("name", packageName).default("siteferry"),
    zone: kind("name", zone).optional(),
    hostTemplates: templates,
    serviceTemplates: templates,
    reloadEvery: duration.prefault("60s"),
    validation: duration.prefault("2m"),
    timeout: duration.prefault("30s"),
    connections: z.int().min(1).max(64).default(8),
  }),
  {
    url: "`https://HOST:PORT` of the API",
    serverName:
      "the name in the core's certificate, which is its `NodeName`, where it isn't the host of `url`",
    ca: "the authority that the certificate has to come from: a copy of the core's `ca.crt`",
    user: "the API user",
    password: "a file with its password, mode 0600; read anew in every run",
    package: "the configuration package, siteferry's alone",
    zone: "the zone that the objects belong to; without it they stand beside the core's own",
    hostTemplates: "templates of the core's own configuration that hosts import after siteferry's",
    serviceTemplates: "likewise for services",
    reloadEvery: "the least time between two uploads; each makes the core reload",
    validation: "how long the core may validate an upload",
    timeout: "for connecting, and for each answer",
    connections: "results that are handed over at once",
  },
);

/** Only with TLS, and nothing behind the port. */
function isAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:") return false;
  const { username, password, search, hash, pathname } = url;
  return [username, password, search, hash].every((part) => part === "") && pathname === "/";
}

/** What is remembered of this core, in the receiver's spool. */
export function icinga2Directory(spool: string, settings: Icinga2Settings): string {
  return targetDirectory(spool, "icinga2", `${settings.url} ${settings.package}`);
}
