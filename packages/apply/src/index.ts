// Snapshot → core: check results and object configuration for Nagios and Naemon, what a
// vendor dumped for Checkmk's own core.

export * from "./check-results/applied.ts";
export * from "./check-results/format.ts";
export type { ResultCounts } from "./check-results/plan.ts";
export * from "./check-results/target.ts";
export {
  readShadowHosts,
  type ShadowHost,
  shadowHostLine,
  shadowHostsFile,
} from "./cmc/configuration.ts";
export * from "./cmc/mk-directory.ts";
export * from "./cmc/states.ts";
export * from "./livedump/config.ts";
export * from "./livedump/templates.ts";
export { defaultIllegalNameCharacters, type ObjectRefusal } from "./objects/encode.ts";
export * from "./objects/live-objects.ts";
export * from "./objects/render.ts";
export * from "./objects/target.ts";
