// The libraries that are in the executable, with the licences that go with them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Library {
  readonly name: string;
  readonly version: string;
  /** As its package says it: `MIT`. */
  readonly license: string;
  /** The text that has to go along; null if the package brings none. */
  readonly licenseText: string | null;
  /** SHA-512 of its archive, base64, from the lock file. */
  readonly integrity: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** `folders` from the top of the checkout. */
export function readLibraries(top: string, folders: readonly string[]): readonly Library[] {
  const lock = readFileSync(join(top, "pnpm-lock.yaml"), "utf8");
  const libraries = folders.map((folder): Library => {
    const at = join(top, folder);
    const manifest = JSON.parse(readFileSync(`${at}/package.json`, "utf8")) as Manifest;
    const { name, version, license = "see its licence" } = manifest;
    return {
      name,
      version,
      license,
      licenseText: licenseText(at),
      integrity: integrity(lock, name, version),
    };
  });
  return libraries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function key({ name, version }: Library): string {
  return `${name}@${version}`;
}

function licenseText(folder: string): string | null {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name));
  const file = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  return file === undefined ? null : readFileSync(file, "utf8").trim();
}

/** The lock file is written by pnpm alone, an entry in two lines. */
function integrity(lock: string, name: string, version: string): string {
  const keys = [`\n  '${name}@${version}':\n`, `\n  ${name}@${version}:\n`];
  const start = keys.map((entry) => lock.indexOf(entry)).find((index) => index >= 0) ?? -1;
  const hash = /integrity: sha512-([A-Za-z0-9+/=]+)/.exec(
    start < 0 ? "" : lock.slice(start, start + 500),
  );
  if (hash?.[1] === undefined) throw new Error(`pnpm-lock.yaml has no hash of ${name}@${version}`);
  return hash[1];
}

/** For `copyright`. */
export function notices(top: string, libraries: readonly Library[]): string {
  const own = readFileSync(join(top, "LICENSE"), "utf8").trim();
  // The same for each kind of machine.
  const folder = `node_modules/node-linux-${process.arch}`;
  const node = readFileSync(join(top, folder, "LICENSE"), "utf8").trim();
  const title = `Node.js ${process.versions.node}, which the executable is, and what is in it`;
  const others = libraries.map(
    (library) =>
      `${library.name} ${library.version} (${library.license})\n\n${library.licenseText ?? "No licence text in its package."}`,
  );
  const line = `\n\n${"-".repeat(78)}\n\n`;
  return `siteferry\n\n${[own, `${title}\n\n${node}`, ...others].join(line)}\n`;
}
