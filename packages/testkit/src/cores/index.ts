// Real cores for tests, started on temporary directories. Needs Linux, and the Debian packages that
// test/install-cores.ts installs.

export { type CoreProcess, processesOfSession, startCore } from "./core-process.ts";
export { icinga2Host, icinga2Object, icinga2Service } from "./icinga2-config.ts";
export * from "./icinga2.ts";
export * from "./icinga2-api.ts";
export * from "./nagios.ts";
export type { NagiosFields, NagiosStatus } from "./nagios-status.ts";
export { missingComponents, missingFor } from "./real-cores.ts";
