// Where messages wait: a Maildir, a folder of an IMAP server, a POP3 mailbox. It knows messages, and
// which of them are ours; `receive.ts` makes bundles of them.

import type { Part, Unusable } from "./part.ts";

/** A message with our marks. */
export interface Letter {
  /** What it is called in its mailbox, as long as it lies there. */
  readonly id: string;
  readonly sizeBytes: number;
  /** When it came, by the clock of whoever took it in; milliseconds since 1970. */
  readonly receivedMs: number;
  readonly part: Part | Unusable;
}

export interface Mailbox {
  /** For people: `imap:mail.example.net:993/ferry/INBOX`. */
  readonly name: string;
  /** The letters that lie there, the newest first. Other messages stay as they are, to their flags. */
  list(): Promise<readonly Letter[]>;
  /** The whole message, or null if it has gone. */
  read(letter: Letter): Promise<Uint8Array | null>;
  /** Takes letters away: into the folder for such ones if there is one. Those that have gone are no error. */
  settle(letters: readonly Letter[], outcome: "done" | "refused"): Promise<void>;
  /** Calls `wake` when something may have come. */
  watch(wake: () => void): Promise<void>;
  close(): Promise<void>;
}
