// What the Icinga 2 target needs of the world: questions to the core's API, and waiting.

/** A question to the API. */
export interface Icinga2Question {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's root, encoded: `/v1/…`. */
  readonly path: string;
  /** Becomes JSON. */
  readonly body?: unknown;
  /** Files of a package come as they are, all else as JSON. */
  readonly accept?: "application/octet-stream";
}

export interface Icinga2Answer {
  readonly status: number;
  readonly text: string;
}

export interface Icinga2Connection {
  /** The URL, for people. */
  readonly where: string;
  /**
   * Any answer but 401. Several questions may be under way at once.
   * @throws FerryError `core-unreachable`, `peer-unknown`, or `core-refused` for a wrong password
   */
  ask(question: Icinga2Question): Promise<Icinga2Answer>;
  pause(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}
