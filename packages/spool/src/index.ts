// Durable directories: publish, replace, lock, sweep, quarantine.

export * from "./directories.ts";
export * from "./publish.ts";
export * from "./quarantine.ts";
export * from "./state-file.ts";
export * from "./world/lock.ts";
export * from "./world/node-files.ts";
