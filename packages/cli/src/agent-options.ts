// The options that both agents take.

import type { LogLevel } from "@siteferry/agent";

export interface AgentOptions {
  readonly config: string;
  readonly once: boolean;
  readonly logLevel: LogLevel;
}
