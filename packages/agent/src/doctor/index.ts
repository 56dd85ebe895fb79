// What the doctors of both agents share.

export * from "./certificate-dates.ts";
export * from "./clock.ts";
export * from "./examine.ts";
export * from "./finding.ts";
export * from "./free-space.ts";
export * from "./impatient.ts";
export * from "./probes.ts";
export * from "./programs.ts";
export * from "./report.ts";
export * from "./secret-file.ts";
export * from "./spool-user.ts";
export * from "./spool-works.ts";
