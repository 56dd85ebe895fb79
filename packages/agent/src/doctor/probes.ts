// What the checks of `siteferry doctor` ask of the machine. Nothing here changes anything that stays.

export interface Probes {
  /** Of this process. */
  readonly user: { readonly id: number; readonly name: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Links followed; null if there is nothing of this name. Throws as node:fs does. */
  look(path: string): Promise<Entry | null>;
  /** Whether this user may; a path that isn't there nobody may. */
  may(path: string, what: "read" | "write" | "enter"): Promise<boolean>;
  /** The name of a user, or its number where it has none. */
  userName(id: number): Promise<string>;
  /** A user by name or number, with its groups; null: there is none. */
  account(name: string): Promise<Account | null>;
  /** The beginning of a file, as text; at most so many bytes. Throws as node:fs does. */
  head(path: string, bytesMax: number): Promise<string>;
  /** Of the file system in which `path` lies: shares from 0 to 1. */
  space(path: string): Promise<Space>;
  /** Tries in a directory what a spool does there, with a file that goes at once. */
  tryDirectory(path: string): Promise<readonly DirectoryFault[]>;
  /** Whether a program that a command names is there, for cron too or only with this process's PATH. */
  findProgram(name: string): Promise<"everywhere" | "here" | "nowhere">;
  /** What a TLS server shows, believed or not. @throws FerryError `link-…` */
  certificate(server: TlsServer): Promise<Certificate>;
  /** `free`, `taken` by somebody, or why this user can't listen there. */
  listen(host: string, port: number): Promise<"free" | "taken" | { readonly problem: string }>;
}

export interface Account {
  readonly id: number;
  readonly groups: readonly number[];
}

export interface Entry {
  readonly kind: "file" | "directory" | "socket" | "fifo" | "other";
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  readonly device: number;
  readonly modifiedMs: number;
  readonly sizeBytes: number;
}

export interface Space {
  readonly bytes: number;
  readonly files: number;
}

/** What a spool needs and a directory doesn't give. */
export interface DirectoryFault {
  readonly step: "write" | "sync" | "link" | "rename" | "lock";
  readonly reason: string;
}

export interface TlsServer {
  readonly host: string;
  readonly port: number;
  /** What is said in clear before TLS begins; absent: nothing is. */
  readonly startTls?: "smtp" | "imap" | "pop3";
}

export interface Certificate {
  readonly validFromMs: number;
  readonly validToMs: number;
  /** As the server says it: not to be believed, nor printed raw. */
  readonly subject: string;
}
