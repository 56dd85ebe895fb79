// The agent at the centre.

export * from "./receive.ts";
export * from "./settings.ts";
export * from "./world/run-receiver.ts";
