// Keeps a session from one use to the next: a handshake costs more than a small bundle.

import { FerryError } from "@siteferry/model";
import { openSession, type Session } from "./session.ts";
import type { SshConnection, SshFiles } from "./settings.ts";

export class Link {
  readonly #files: SshFiles;
  readonly #connection: SshConnection;
  readonly #unsentBytesMax: number | undefined;
  #session: Session | null = null;
  #closes = 0;

  /** @param unsentBytesMax as for a session */
  constructor(files: SshFiles, connection: SshConnection, unsentBytesMax?: number) {
    this.#files = files;
    this.#unsentBytesMax = unsentBytesMax;
    this.#connection = connection;
  }

  /**
   * Begins something on the session of before, or on a new one if that turns out to be dead: the server
   * may have been restarted, a firewall may have forgotten the line.
   */
  async begin<Begun>(first: (session: Session) => Promise<Begun>): Promise<Begun> {
    const kept = this.#session;
    const closes = this.#closes;
    const isClosed = (): boolean => closes !== this.#closes;
    if (kept?.conversation.isOpen === true) {
      try {
        return await first(kept);
      } catch (error) {
        const isAnswer = kept.conversation.isOpen || !(error instanceof FerryError);
        if (isAnswer || isClosed()) throw error;
      }
    }
    const session = await openSession(this.#files, this.#connection, this.#unsentBytesMax);
    if (isClosed()) {
      session.close();
      throw new FerryError("link-unreachable", `${session.conversation.place}: closed meanwhile`);
    }
    this.#session = session;
    return await first(session);
  }

  /** Ends what is under way, too. */
  close(): void {
    this.#closes += 1;
    this.#session?.close();
    this.#session = null;
  }
}
