// The options that both agents take, and how much any long work says.

import type { LogLevel } from "@siteferry/agent";

export interface WordsOptions {
  readonly logLevel: LogLevel;
  /** Also without progress. */
  readonly quiet?: boolean;
}

export interface AgentOptions extends WordsOptions {
  readonly config: string;
  readonly once: boolean;
}
