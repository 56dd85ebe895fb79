// The agent at the centre.

export { BundleCache } from "./bundle-cache.ts";
export { dumpHosts } from "./dump-hosts.ts";
export { forget } from "./forget.ts";
export * from "./quarantine.ts";
export * from "./receive.ts";
export * from "./settings.ts";
export { importFrom, type Imported, receiveArrival } from "./world/real-doorway.ts";
export { receiveMail } from "./world/receive-mail.ts";
export * from "./world/run-receiver.ts";
