// Snapshot → core: check results and object configuration for Nagios and Naemon.

export * from "./check-results/applied.ts";
export * from "./check-results/format.ts";
export type { ResultCounts } from "./check-results/plan.ts";
export * from "./check-results/target.ts";
export * from "./livedump/config.ts";
export * from "./livedump/templates.ts";
export {
  defaultIllegalNameCharacters,
  defaultIllegalValueCharacters,
  type ObjectRefusal,
} from "./objects/encode.ts";
export * from "./objects/candidate.ts";
export * from "./objects/generations.ts";
export * from "./objects/outline.ts";
export * from "./objects/render.ts";
export * from "./objects/style.ts";
