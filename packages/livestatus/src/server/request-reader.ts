// Bytes of a connection → requests: lines up to an empty one, or to the half-close.

import { decodeField } from "../decode-field.ts";
import { RequestFault } from "./fault.ts";

/** As naemon-livestatus has it. */
const lineBytesMax = 65_536;
const requestBytesMax = 1024 * 1024;

/** The lines of a request, trailing blanks stripped; the first is the method. */
export type RequestLines = readonly string[];

export class RequestReader {
  #lines: string[] = [];
  #bytes = 0;
  #begun: Buffer = Buffer.alloc(0);

  /** Whether a part of a request has arrived and the rest is missing. */
  get waiting(): boolean {
    return this.#lines.length > 0 || this.#begun.length > 0;
  }

  /** The requests that end in `chunk`. Throws a `RequestFault` 413; nothing can be read then. */
  *push(chunk: Buffer): Generator<RequestLines, void> {
    let rest = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    this.#begun = Buffer.alloc(0);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const request = this.#line(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (request !== null) yield request;
    }
    this.#check(rest.length);
    this.#begun = Buffer.from(rest);
  }

  /** The request that the half-close ends, or null. */
  end(): RequestLines | null {
    const request = this.#line(this.#begun) ?? this.#take();
    this.#begun = Buffer.alloc(0);
    return request.length === 0 ? null : request;
  }

  #line(bytes: Buffer): RequestLines | null {
    this.#check(bytes.length);
    const line = decodeField(bytes).trimEnd();
    // Empty lines before a request are passed over.
    if (line === "") return this.#lines.length === 0 ? null : this.#take();
    this.#lines.push(line);
    this.#bytes += bytes.length + 1;
    return null;
  }

  #take(): RequestLines {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return lines;
  }

  #check(lineBytes: number): void {
    if (lineBytes <= lineBytesMax && this.#bytes + lineBytes <= requestBytesMax) return;
    throw new RequestFault(413, "the request or a line of it is too long");
  }
}
