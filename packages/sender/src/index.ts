// The agent at the remote site.

export * from "./send.ts";
export * from "./settings.ts";
export * from "./world/run-sender.ts";
