// What both agents share: settings files, log, daemon loop.

export * from "./doctor/index.ts";
export * from "./edit-yaml.ts";
export * from "./mail-server.ts";
export * from "./missed-runs.ts";
export * from "./nearest.ts";
export * from "./paint.ts";
export * from "./plugin.ts";
export * from "./read-text.ts";
export * from "./setting-types.ts";
export * from "./setting-words.ts";
export * from "./settings.ts";
export * from "./ssh-server.ts";
export * from "./tls-files.ts";
export * from "./web-server.ts";
export * from "./world/daemon.ts";
export * from "./world/groups.ts";
export * from "./world/log.ts";
export * from "./world/own-spool.ts";
export * from "./world/painter.ts";
export * from "./world/patience.ts";
export * from "./world/progress-line.ts";
export * from "./world/real-probes.ts";
export * from "./world/real-world.ts";
export * from "./world/run-command.ts";
