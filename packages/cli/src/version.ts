// The version, from the package, so that it stands in one place.

import manifest from "../package.json" with { type: "json" };

export const version: string = manifest.version;
