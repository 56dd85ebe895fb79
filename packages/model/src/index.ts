// The nouns of all packages. No I/O, no dependency.

export * from "./errors.ts";
export * from "./failure.ts";
export * from "./identity.ts";
export * as limits from "./limits.ts";
export * from "./names.ts";
export * from "./rows.ts";
export { keepSecret } from "./secrets.ts";
export * from "./tables.ts";
export * from "./world.ts";
