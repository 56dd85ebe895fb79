// A site's core → snapshot rows.

export * from "./flavour.ts";
export * from "./site.ts";
