// The few operations on files that are needed, over SFTP (version 3, with OpenSSH's extensions where
// the server has them). Names and sizes come from the other side: all is bounded.

import { FerryError, limits, printable } from "@siteferry/model";
import type { SFTPWrapper, Stats } from "ssh2";
import { type OnSent, TakenByAnother } from "../../transport.ts";
import type { Done } from "./conversation.ts";
import { listingMs } from "./limits.ts";
import { type DirectoryEntry, Listing, type NamedFile } from "./listing.ts";
import { inPieces } from "./pieces.ts";
import { refusedBy, type Session } from "./session.ts";

/** So long after its last answer the other side is believed to be there. */
const freshMs = 5_000;

/** Numbers of SSH_FXP_STATUS, which ssh2 gives as an error's `code`. */
const endOfFile = 1;
const noSuchFile = 2;

/** ssh2 keeps what the server said in its greeting. */
type Wrapper = SFTPWrapper & { readonly _extensions?: Readonly<Record<string, string>> };

export class Sftp {
  readonly session: Session;
  readonly #wrapper: Wrapper;
  #heardAtMs = performance.now();

  private constructor(session: Session, wrapper: SFTPWrapper) {
    this.session = session;
    this.#wrapper = wrapper;
    const { conversation } = session;
    wrapper.on("error", (error: Error) => conversation.fail("link-protocol", error.message, error));
    wrapper.on("close", () => conversation.fail("link-unreachable", "the server ended SFTP"));
  }

  /** @throws FerryError `link-protocol` if the server has no SFTP for us */
  static async open(session: Session): Promise<Sftp> {
    const { client, conversation } = session;
    try {
      const wrapper = await conversation.step<SFTPWrapper>("opening SFTP", (done) => {
        client.sftp(done);
      });
      return new Sftp(session, wrapper);
    } catch (error) {
      const text = textInPlaceOfSftp(error);
      if (text === null) throw refusedBy(conversation.place, "opening SFTP", error);
      throw new FerryError(
        "link-protocol",
        `${conversation.place}: opening SFTP: the login prints text instead, which begins with "${text}"`,
        {
          cause: error,
          advice:
            "Its shell prints something when it starts, or is nologin: give it `internal-sftp`, in sshd_config or as command= of the key.",
        },
      );
    }
  }

  /** Sees that the other side is there, unless it has just said something. */
  async probe(): Promise<void> {
    if (performance.now() - this.#heardAtMs < freshMs) return;
    await this.#ask<string>("looking at", ".", (done) => this.#wrapper.realpath(".", done));
  }

  /** What is in a directory, unsorted. */
  async list(directory: string): Promise<DirectoryEntry[]> {
    const what = "listing";
    const handle = await this.#ask<Buffer>(what, directory, (done) => {
      this.#wrapper.opendir(directory, done);
    });
    const listing = new Listing();
    const endMs = performance.now() + listingMs(this.session.conversation.timeoutMs);
    try {
      for (;;) {
        const some = await this.#orNull(endOfFile, what, directory, (done: Done<NamedFile[]>) => {
          this.#wrapper.readdir(handle, done);
        });
        if (some === null) return listing.entries;
        const problem = listing.add(some);
        if (problem !== null) throw this.#failure("link-protocol", what, directory, problem);
        if (performance.now() > endMs) {
          throw this.#failure("link-timeout", what, directory, "it doesn't come to an end");
        }
      }
    } finally {
      await this.#closeQuietly(handle);
    }
  }

  /** Null if there is nothing of this name; of a link the link itself. */
  async status(path: string): Promise<Stats | null> {
    return await this.#orNull<Stats>(noSuchFile, "looking at", path, (done) => {
      this.#wrapper.lstat(path, done);
    });
  }

  /**
   * @throws FerryError `file-unsuitable` for anything but a plain file of at most `limits.bundleBytesMax`;
   *   TakenByAnother
   */
  async read(path: string): Promise<Buffer<ArrayBuffer>> {
    const what = "reading";
    const status = await this.status(path);
    // Not opened: a pipe would block the server.
    if (status !== null) this.#expectSuitable(path, status);
    const handle = await this.#orNull<Buffer>(noSuchFile, what, path, (done) => {
      this.#wrapper.open(path, "r", done);
    });
    if (handle === null) {
      throw new TakenByAnother(
        `${this.session.conversation.place}: ${printable(path)}: no such file`,
      );
    }
    try {
      const stats = await this.#ask<Stats>(what, path, (done) => this.#wrapper.fstat(handle, done));
      this.#expectSuitable(path, stats);
      const content = Buffer.allocUnsafeSlow(stats.size);
      await this.#inPieces(what, path, content.length, (offset, length, done) => {
        const fill = (at: number, most: number): void => {
          this.#wrapper.read(handle, content, at, most, at, (error, bytes) => {
            // Some servers give less than they were asked for.
            if (error !== undefined || bytes >= most) done(error);
            else if (bytes > 0) fill(at + bytes, most - bytes);
            else done(new Error("it became shorter while it was read"));
          });
        };
        fill(offset, length);
      });
      return content;
    } finally {
      await this.#closeQuietly(handle);
    }
  }

  /** A new file, durable if the server can sync. What fails leaves nothing, if the line still holds. */
  async writeNew(path: string, content: Uint8Array, mode: number, onSent?: OnSent): Promise<void> {
    const what = "writing";
    const handle = await this.#ask<Buffer>(what, path, (done) => {
      this.#wrapper.open(path, "wx", { mode }, done);
    });
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
    try {
      await this.#inPieces(what, path, bytes.length, (offset, length, done) => {
        this.#wrapper.write(handle, bytes, offset, length, offset, (error) => {
          if (!error) onSent?.(length);
          done(error);
        });
      });
      await this.#sync(handle, path);
      await this.#do(what, path, (done) => this.#wrapper.close(handle, done));
    } catch (error) {
      await this.#closeQuietly(handle);
      await this.unlink(path).catch(() => {});
      throw error;
    }
  }

  /** Takes the place of what is there, where the server can. Its plain rename may go by a second name. */
  async rename(from: string, to: string): Promise<void> {
    await this.#do("renaming to", to, (done) => {
      if (this.#has("posix-rename@openssh.com")) this.#wrapper.ext_openssh_rename(from, to, done);
      else this.#wrapper.rename(from, to, done);
    });
  }

  /** One that is gone already is no error. */
  async unlink(path: string): Promise<void> {
    await this.#do("removing", path, (done) => {
      this.#wrapper.unlink(path, (error) => done(statusOf(error) === noSuchFile ? null : error));
    });
  }

  /** Makes the names in a directory durable, as far as the server lets: OpenSSH's does. */
  async syncDirectory(directory: string): Promise<void> {
    if (!this.#has("fsync@openssh.com")) return;
    const handle = await this.#ask<Buffer>("opening", directory, (done) => {
      this.#wrapper.open(directory, "r", done);
    }).catch(ifServer);
    if (handle === undefined) return;
    await this.#sync(handle, directory).catch(ifServer);
    await this.#closeQuietly(handle);
  }

  #has(extension: string): boolean {
    // oxlint-disable-next-line no-underscore-dangle -- ssh2 has no other way to ask
    return this.#wrapper._extensions?.[extension] === "1";
  }

  async #sync(handle: Buffer, path: string): Promise<void> {
    if (!this.#has("fsync@openssh.com")) return;
    await this.#do("syncing", path, (done) => this.#wrapper.ext_openssh_fsync(handle, done));
  }

  #expectSuitable(path: string, { mode, size }: Stats): void {
    const what = "looking at";
    if (mode === undefined || size === undefined) {
      throw this.#failure("link-protocol", what, path, "the server doesn't tell what it is");
    }
    // S_IFMT and S_IFREG of stat(2).
    const problem =
      (mode & 0o170000) !== 0o100000
        ? "it isn't a plain file"
        : size > limits.bundleBytesMax
          ? `it has ${size} bytes, over the limit of ${limits.bundleBytesMax}`
          : null;
    if (problem !== null) throw this.#failure("file-unsuitable", what, path, problem);
  }

  async #inPieces(
    what: string,
    path: string,
    sizeBytes: number,
    transfer: Parameters<typeof inPieces>[1],
  ): Promise<void> {
    await this.#do(what, path, (done) => inPieces(sizeBytes, transfer, done), sizeBytes);
  }

  async #orNull<Result>(
    status: number,
    what: string,
    path: string,
    start: (done: Done<Result>) => void,
  ): Promise<Result | null> {
    return await this.#ask<Result | null>(what, path, (done) => {
      start((error, result) => {
        if (statusOf(error) === status) done(null, null);
        else done(error, result);
      });
    });
  }

  /** A request whose answer has something in it; a server may say `ok` and nothing else. */
  async #ask<Result>(
    what: string,
    path: string,
    start: (done: Done<Result>) => void,
  ): Promise<Result> {
    const result = await this.#request(what, path, start);
    if (result !== undefined) return result;
    throw this.#failure("link-protocol", what, path, "an answer without content");
  }

  async #do(
    what: string,
    path: string,
    start: (done: Done<never>) => void,
    sizeBytes?: number,
  ): Promise<void> {
    await this.#request(what, path, start, sizeBytes);
  }

  async #request<Result>(
    what: string,
    path: string,
    start: (done: Done<Result>) => void,
    sizeBytes?: number,
  ): Promise<Result | undefined> {
    try {
      const { conversation } = this.session;
      const result = await conversation.step(`${what} ${printable(path)}`, start, sizeBytes);
      this.#heardAtMs = performance.now();
      return result;
    } catch (error) {
      if (error instanceof FerryError || !(error instanceof Error)) throw error;
      const code = statusOf(error) === undefined ? "link-protocol" : "system-error";
      throw this.#failure(code, what, path, printable(error.message, 200));
    }
  }

  async #closeQuietly(handle: Buffer): Promise<void> {
    await this.#do("closing", "", (done) => this.#wrapper.close(handle, done)).catch(() => {});
  }

  #failure(
    code: "file-unsuitable" | "link-protocol" | "link-timeout" | "system-error",
    what: string,
    path: string,
    reason: string,
  ): FerryError {
    const { place } = this.session.conversation;
    return new FerryError(code, `${place}: ${what} ${printable(path)}: ${reason}`);
  }
}

/** ssh2 takes the first four bytes for the length of a packet; null if they are no text. */
export function textInPlaceOfSftp(error: unknown): string | null {
  const said = error instanceof Error ? error.message : "";
  const length = /^Packet length (\d{1,10}) exceeds/.exec(said)?.[1];
  if (length === undefined) return null;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(length) >>> 0);
  const text = bytes.toString("latin1");
  return /^[\x20-\x7e\r\n]{4}$/.test(text) ? text.trim() : null;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;
}

/** Swallows what the server refuses, not what the line does. */
function ifServer(error: unknown): undefined {
  if (!(error instanceof FerryError) || error.code !== "system-error") throw error;
}
