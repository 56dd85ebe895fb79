// How both agents' settings name a mail server.

import { z } from "zod";
import { absolutePath, duration, pemFile, serverName } from "./setting-types.ts";

type Encryption = "tls" | "starttls" | "none";

export interface MailServerSettings {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte on; `starttls` or not at all; `none` in clear. */
  readonly tls: Encryption;
  readonly user?: string | undefined;
  /** A file with it, mode 0600. */
  readonly password?: string | undefined;
  /** A PEM file of authorities; without it those of the system. */
  readonly ca?: string | undefined;
  /** For each step of an exchange, and each silence within one. */
  readonly timeout: number;
}

/** The keys of a section that names a server. */
export function mailServerKeys<Login extends z.ZodType<string | undefined>>(
  port: number,
  tls: Encryption,
  login: (text: z.ZodType<string>) => Login,
): {
  host: z.ZodType<string>;
  port: z.ZodType<number>;
  tls: z.ZodType<Encryption>;
  user: Login;
  password: Login;
  ca: z.ZodType<string | undefined>;
  timeout: z.ZodType<number>;
} {
  const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, "empty, or with control characters");
  return {
    host: serverName,
    port: z.int().min(1).max(65_535).default(port),
    tls: z.enum(["tls", "starttls", "none"]).default(tls),
    user: login(line),
    password: login(absolutePath),
    ca: pemFile.optional(),
    timeout: duration.prefault("30s"),
  };
}

/** What {@link mailServerKeys} mean. */
export const mailServerWords: Readonly<Record<keyof MailServerSettings, string>> = {
  host: "of the server; its certificate has to name it",
  port: "its port",
  tls:
    "`starttls`: encrypted before anything else is said, or not at all; `tls`: from the first byte on; " +
    "`none`: in clear, with a password only on this machine",
  user: "whom to log in as; with `password`",
  password: "a file with the password, mode 0600; read anew for each login",
  ca: "authorities to believe; without it the system's",
  timeout: "for each step, and each silence within one",
};

/** A password in clear stays on this machine. */
export function keepsPassword({
  host,
  tls,
  user,
}: Pick<MailServerSettings, "host" | "tls" | "user">): boolean {
  const isHere = host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
  return tls !== "none" || user === undefined || isHere;
}

export const passwordInClear: { message: string; path: string[] } = {
  message: "none with a password only for this machine itself; elsewhere starttls or tls",
  path: ["tls"],
};
