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

/** The two that siteferry consists of, as words of its command line. */
export const agents = ["sender", "receiver"] as const;
export type Agent = (typeof agents)[number];
