// The agent at the remote site.

export { dumpSite, type SiteDump } from "./dump-site.ts";
export * from "./enrol-centre.ts";
export * from "./first-settings.ts";
export { senderOutput } from "./health/judge.ts";
export * from "./read-outbox.ts";
export * from "./send.ts";
export * from "./settings.ts";
export { shipOnce } from "./ship.ts";
export { diagnoseSender } from "./world/diagnose-sender.ts";
export * from "./world/run-sender.ts";
