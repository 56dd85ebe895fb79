// A site's core → snapshot rows.

export type { EventsRead } from "./events.ts";
export * from "./flavour.ts";
export * from "./site.ts";
