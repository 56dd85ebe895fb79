// What is in the packages: the files of .deb and .rpm, and those of the tarball for OMD sites.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { bashCompletion, fishCompletion } from "./completion.ts";
import { commandTree } from "./command-tree.ts";
import { editorSchema } from "./editor-schema.ts";
import { manualPage } from "./manual-page.ts";
import { settingsFiles } from "./setting-keys.ts";
import { zshCompletion } from "./zsh-completion.ts";

export interface PackageFile {
  /** Without a slash at the beginning. */
  readonly path: string;
  /** A file, or what is to be in it. */
  readonly content: { readonly copyOf: string } | { readonly bytes: string | Buffer };
  /** 0o644 or 0o755. */
  readonly mode: number;
}

export interface Built {
  /** The top of the checkout. */
  readonly top: string;
  readonly version: string;
  /** `2026-11-26`. */
  readonly date: string;
  readonly executable: string;
  /** Copyright and licences of all that is in the executable. */
  readonly notices: string;
}

/** For .deb and .rpm: paths below `/`. Debian's zsh looks for completion of packages where no other does. */
export function systemFiles(
  built: Built,
  zshFolder: "vendor-completions" | "site-functions",
): readonly PackageFile[] {
  const systemd = (name: string): string => `${built.top}/deploy/systemd/${name}`;
  return [
    program("usr/bin/siteferry", built.executable),
    copy("usr/lib/systemd/system/siteferry-send.service", systemd("siteferry-send.service")),
    copy("usr/lib/systemd/system/siteferry-receive.service", systemd("siteferry-receive.service")),
    copy("usr/lib/sysusers.d/siteferry.conf", systemd("sysusers.conf")),
    ...common(built, "usr/share", "usr/share/doc/siteferry", zshFolder),
    ...tree(`${built.top}/deploy`, "usr/share/doc/siteferry/examples"),
  ];
}

/** For an OMD site: paths below its home. */
export function omdFiles(built: Built): readonly PackageFile[] {
  return [
    program("local/bin/siteferry", built.executable),
    ...tree(`${built.top}/deploy/omd`, "."),
    ...common(built, "local/share", "local/share/doc/siteferry", "site-functions"),
    ...tree(`${built.top}/deploy`, "local/share/doc/siteferry/examples"),
  ];
}

/** Writes them below `root`. */
export function stage(files: readonly PackageFile[], root: string): void {
  for (const { path, content, mode } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if ("copyOf" in content) copyFileSync(content.copyOf, target);
    else writeFileSync(target, content.bytes);
    chmodSync(target, mode);
  }
}

function common(
  built: Built,
  share: string,
  documents: string,
  zshFolder: string,
): readonly PackageFile[] {
  const { top, notices } = built;
  const commands = commandTree();
  const page = (name: string): Buffer => {
    const template = readFileSync(`${top}/packaging/man/${name}`, "utf8");
    return gzipSync(manualPage(template, commands, built), { level: 9 });
  };
  return [
    text(`${share}/man/man1/siteferry.1.gz`, page("siteferry.1")),
    text(`${share}/man/man5/siteferry.yaml.5.gz`, page("siteferry.yaml.5")),
    text(`${share}/bash-completion/completions/siteferry`, bashCompletion(commands)),
    text(`${share}/fish/vendor_completions.d/siteferry.fish`, fishCompletion(commands)),
    ...settingsFiles.map((file) =>
      text(`${share}/siteferry/${file.replace("yaml", "schema.json")}`, editorSchema(file)),
    ),
    text(`${share}/zsh/${zshFolder}/_siteferry`, zshCompletion(commands)),
    text(`${documents}/copyright`, notices),
    copy(`${documents}/README.md`, `${top}/README.md`),
    ...tree(`${top}/docs`, `${documents}/docs`),
    ...tree(`${top}/changes`, `${documents}/changes`),
  ];
}

/** All files below a folder; scripts for init.d may be executed. */
function tree(from: string, to: string): readonly PackageFile[] {
  const entries = readdirSync(from, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => {
      const inPackage = join(to, path.slice(from.length));
      return path.includes("/init.d/") ? program(inPackage, path) : copy(inPackage, path);
    });
}

function program(path: string, copyOf: string): PackageFile {
  return { path, content: { copyOf }, mode: 0o755 };
}

function copy(path: string, copyOf: string): PackageFile {
  return { path, content: { copyOf }, mode: 0o644 };
}

function text(path: string, bytes: string | Buffer): PackageFile {
  return { path, content: { bytes }, mode: 0o644 };
}
