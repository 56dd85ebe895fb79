// Snapshot → core: check results and object configuration for Nagios, Naemon and Icinga 2, and what a
// vendor dumped for Checkmk's own core.

export * from "./check-results/applied.ts";
export type { AttemptsMax } from "./check-results/earlier.ts";
export * from "./check-results/format.ts";
export { type DueResult, planResults, type ResultCounts } from "./check-results/plan.ts";
export * from "./check-results/target.ts";
export { icinga2Api, type CoreObjects, type HostAtCore, type Icinga2Api } from "./icinga2/api.ts";
export type { Icinga2Connection } from "./icinga2/connection.ts";
export * from "./icinga2/deliver.ts";
export * from "./icinga2/package.ts";
export * from "./icinga2/render.ts";
export { icinga2SiteServices, siteServicesPath } from "./icinga2/site-services.ts";
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
export {
  defaultIllegalNameCharacters,
  defaultIllegalValueCharacters,
  type ObjectRefusal,
} from "./objects/encode.ts";
export * from "./objects/candidate.ts";
export * from "./objects/generations.ts";
export * from "./objects/outline.ts";
export * from "./objects/render.ts";
export { siteServices, siteServicesFile, type SiteService } from "./objects/site-services.ts";
export * from "./objects/style.ts";
export { staleCommand } from "./objects/templates.ts";
export * from "./world/icinga2-client.ts";
export type * from "./commands/centre-view.ts";
export type * from "./commands/command.ts";
export { commandFault, encodeCommand } from "./commands/encode.ts";
export { defaultMark, markedSite, markFault, siteMark, type SiteMark } from "./commands/mark.ts";
export {
  commandKey,
  type CommandMemory,
  decodeMemory,
  emptyMemory,
  encodeMemory,
  noteSent,
  type SentCommand,
  waitsFor,
} from "./commands/memory.ts";
export {
  type AnnotatedSite,
  type Annotation,
  type CommandPlan,
  planCommands,
  type PlanOptions,
} from "./commands/plan.ts";
export * from "./commands/result.ts";
export { type CommandCounts, noCommands, type PlannedCommand } from "./commands/round.ts";
