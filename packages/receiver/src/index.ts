// The agent at the centre.

export { changesIn, type ObjectChange, type ObjectsView } from "./activation/view.ts";
export { approve, reloadableFrom, request } from "./activation/words.ts";
export { BundleCache } from "./bundle-cache.ts";
export { dumpHosts } from "./dump-hosts.ts";
export { withSite } from "./enrol-site.ts";
export * from "./first-settings.ts";
export { findCoreFile, parseCoreConfiguration } from "./doctor/core-configuration.ts";
export { forget } from "./forget.ts";
export type { SiteHealth, SiteView } from "./health/judge.ts";
export { pluginOutput, pluginOutputOfAll, statusRecord, statusTable } from "./health/words.ts";
export * from "./quarantine.ts";
export * from "./receive.ts";
export * from "./settings.ts";
export { diagnoseReceiver } from "./world/diagnose-receiver.ts";
export { importFrom } from "./world/real-doorway.ts";
export { receiveLivedump, receiveLivedumpMail } from "./world/receive-livedump.ts";
export { receiveMail } from "./world/receive-mail.ts";
export * from "./world/run-receiver.ts";
