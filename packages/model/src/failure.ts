// What is thrown when something goes wrong, and what a person is told of it.

import {
  type ErrorCode,
  errorEntry,
  type ErrorKind,
  type RefusalCode,
  refusalTable,
} from "./errors.ts";
import { printable } from "./names.ts";

export interface FailureOptions extends ErrorOptions {
  /** What a person can do here, where what its code says doesn't fit. */
  readonly advice?: string | undefined;
}

/** A failure with a stable code; the message says what happened and where, in one line. */
export class FerryError extends Error {
  readonly code: ErrorCode;
  readonly advice: string;

  constructor(code: ErrorCode, message: string, options?: FailureOptions) {
    super(message, options);
    this.name = "FerryError";
    this.code = code;
    this.advice = options?.advice ?? errorEntry(code).advice;
  }

  get kind(): ErrorKind {
    return errorEntry(this.code).kind;
  }
}

/** A bundle, or a row of one, that is not believed. */
export class Refusal extends FerryError {
  declare readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: FailureOptions) {
    super(code, message, options);
    this.name = "Refusal";
  }

  /** The number in the docs' table of refusals, such as `R06`. */
  get number(): string {
    return refusalTable[this.code][0];
  }
}

/** The `code` of a node:fs or node:net failure, or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/**
 * What a person is told of any failure: a FerryError as it is, a failure of the system (one with a
 * code, as node:fs gives it) as `system-error` with what was being done, anything else as
 * `internal-error`.
 */
export function explain(error: unknown, doing: string): FerryError {
  if (error instanceof FerryError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = systemCode(error) === undefined ? "internal-error" : "system-error";
  return new FerryError(code, `${doing}: ${printable(reason, 400)}`, { cause: error });
}

/** For `.catch` of a file of the operator's: what to do if it is that there is none. */
export function ifMissing(advice: string): (error: unknown) => never {
  return (error) => {
    const isMissing = error instanceof FerryError && systemCode(error.cause) === "ENOENT";
    if (!isMissing) throw error;
    throw new FerryError(error.code, error.message, { cause: error.cause, advice });
  };
}

/** What a person can do, and the command that says more of it. */
export function adviceOf({ advice, code }: FerryError): string {
  return `${advice} (siteferry explain ${code})`;
}

/** The fields of a failure for a log line. */
export function errorFields(error: FerryError): object {
  return { code: error.code, reason: error.message, advice: error.advice };
}
