// The contract of every transport: it moves bundle files and knows nothing of what is in them.
//
// - At least once: a bundle may arrive twice, never half. An aborted `send` leaves nothing visible.
// - Sending twice is harmless: the second time changes nothing.
// - Nothing is removed at the source before the other side has made it durable: `remove` is called
//   after that, and a crash before it only means that the file is offered again.
// - Every failure is a FerryError; its kind says whether trying again helps.
// - Every step has a deadline: neither `send` nor `incoming` waits for ever for the other side.
// - A transport does one thing at a time and holds no retries, limits or logs of its own: those wrap
//   this interface.

import { FerryError, type SiteId } from "@siteferry/model";
import type { IsKnown } from "./transports/first-of-each-site.ts";

export interface Traits {
  /** What this link can carry in one piece. */
  readonly bundleBytesMax: number;
  /** A bundle appears at the other side whole or not at all, by itself. */
  readonly atomicPublish: boolean;
  /** `send` returns only after the centre has made the bundle durable, with the centre's receipt. */
  readonly acknowledges: boolean;
  /** Nothing ever comes back. */
  readonly oneWay: boolean;
  /** Who opens the connection: the site (push) or the centre (pull). */
  readonly direction: "push" | "pull";
}

export interface OutgoingBundle {
  /** As `formatBundleName` makes it. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Told of each piece that was given to the line; which doesn't say that it arrived. For who watches. */
  readonly onSent?: OnSent | undefined;
}

export type OnSent = (bytes: number) => void;

export interface SendingTransport {
  /** For people, and what the sender's memory of this link goes by: `drop:/srv/out`. */
  readonly name: string;
  readonly traits: Traits;
  /**
   * Hands a bundle over. When it returns, the bundle is durable at the far end of this link. Returns
   * the centre's receipt as it came, at most `limits.receiptBytesMax`, if the link acknowledges; the
   * sender judges it.
   */
  send(bundle: OutgoingBundle): Promise<Uint8Array | null>;
  /**
   * Goes as far as a bundle would, hands nothing over and changes nothing: for `siteferry doctor`. Absent
   * where nobody can be asked. Throws as `send` does.
   */
  probe?(): Promise<Probed>;
  close(): Promise<void>;
}

/** What a link that works says about itself. */
export interface Probed {
  /** What was seen to work, the end of a sentence that begins with the link's name. */
  readonly seen: string;
  /** The other machine's clock, and our own when it told; milliseconds since 1970. */
  readonly clock: { readonly saidMs: number; readonly atMs: number } | null;
}

/** A file that a transport offers. Neither its name nor its content has been verified. */
export interface IncomingFile {
  readonly name: string;
  /** Where it lies, for people. */
  readonly from: string;
  /** The one site that this link may speak for, or null if the link doesn't tell. */
  readonly site: SiteId | null;
  /**
   * The bytes, at most `limits.bundleBytesMax`. Throws `file-unsuitable` for anything but a plain file,
   * `TakenByAnother` (a directory: ENOENT) if another receiver took it first.
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;
  /** Takes it away from the source. */
  remove(): Promise<void>;
}

/** The half that looks for what waits at its source. */
export interface ReceivingTransport {
  readonly name: string;
  readonly traits: Traits;
  /**
   * What waits now, the oldest number of each site first; of each site that the names claim at most
   * `countPerSite` files, so that one can't starve the others. Those that the centre doesn't know count
   * as one, and come last. @param isKnown by default all are
   */
  incoming(countPerSite: number, isKnown?: IsKnown): Promise<readonly IncomingFile[]>;
  /** Calls `wake` when something may have come. Only a hint: whoever calls it looks by itself too. */
  watch(wake: () => void): Promise<void>;
  close(): Promise<void>;
}

/** What came to a half that is spoken to: a listener, or a process that the link starts. */
export interface Arrival {
  /** Whom it came from, for people: `http:192.0.2.7`. */
  readonly from: string;
  /** The one site that this link may speak for, or null if the link doesn't tell. */
  readonly site: SiteId | null;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Takes an arrival in. When it returns, the bundle is durable at the centre. Returns the receipt to
 * send back, or null for a site to which nothing may go.
 * @throws FerryError of kind `refused` if this bundle will never be taken, `transient` if later it may be.
 */
export type Door = (arrival: Arrival) => Promise<Uint8Array | null>;

/** The half that is spoken to. */
export interface ListeningTransport {
  readonly name: string;
  /** Begins to listen; what comes goes through `door`. */
  listen(door: Door): Promise<void>;
  close(): Promise<void>;
}

/** Reads files of secrets: refuses those that others may read. */
export type ReadSecret = (path: string) => Promise<string>;

/** What was offered is there no longer: another receiver at the same source took it. */
export class TakenByAnother extends FerryError {
  constructor(message: string) {
    super("system-error", message);
  }
}

/** `receiver-busy`, with the time that the other side asked for. */
export class Busy extends FerryError {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null) {
    super("receiver-busy", message);
    this.retryAfterMs = retryAfterMs;
  }
}
