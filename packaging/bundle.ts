// All of siteferry and its libraries as one CommonJS file, by esbuild. Modules still run only when they
// are asked for: a verb loads what it needs.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface Bundled {
  /** Of each library in the file: its folder, from the top of the checkout. */
  readonly libraries: readonly string[];
}

/** `import.meta.url` of a library that looks for files beside itself; there are none. */
const here = 'var importMetaUrl=require("node:url").pathToFileURL(process.execPath).href;';

/**
 * Writes `file`. Names stay as they are, so that a stack trace can be read. Native add-ons, which are ssh2's
 * faster ciphers, stay out: it does without.
 */
export async function bundle(top: string, file: string): Promise<Bundled> {
  const { metafile } = await build({
    absWorkingDir: top,
    entryPoints: [fileURLToPath(import.meta.resolve("./executable.ts"))],
    outfile: file,
    bundle: true,
    platform: "node",
    // With ESM as output ssh2 breaks: it takes `require` for granted.
    format: "cjs",
    target: `node${process.versions.node}`,
    external: ["cpu-features", "*.node"],
    define: {
      "import.meta.url": "importMetaUrl",
      // Only a checkout looks beside its files.
      "import.meta.dirname": '""',
      // For `siteferry explain`.
      ERRORS_PAGE: JSON.stringify(readFileSync(`${top}/docs/errors.md`, "utf8")),
    },
    banner: { js: here },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
  );
  const libraries = used.flatMap((path) => libraryFolder.exec(path)?.[0] ?? []);
  return { libraries: [...new Set(libraries)].sort() };
}

const libraryFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
