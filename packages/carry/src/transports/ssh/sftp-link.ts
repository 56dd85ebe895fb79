// SFTP on a link that is kept.

import type { Link } from "./link.ts";
import { Sftp } from "./sftp.ts";

export class SftpLink {
  readonly #link: Link;
  #sftp: Sftp | null = null;

  constructor(link: Link) {
    this.#link = link;
  }

  /** The one of before if it lives, else a new one. */
  async open(): Promise<Sftp> {
    return await this.#link.begin(async (session) => {
      if (this.#sftp?.session === session) await this.#sftp.probe();
      else this.#sftp = await Sftp.open(session);
      return this.#sftp;
    });
  }

  close(): void {
    this.#link.close();
  }
}
