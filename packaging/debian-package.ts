// The .deb, by dpkg-deb.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type PackageFile, stage } from "./contents.ts";
import { run } from "./run.ts";

export interface DebianOptions {
  readonly top: string;
  readonly version: string;
  readonly architecture: string;
  readonly glibc: string;
  /** Of xz: 0 to 9. */
  readonly compression: number;
  /** For the files before they are packed. */
  readonly work: string;
  readonly output: string;
}

const scripts = ["postinst", "prerm", "postrm"] as const;

export function makeDebianPackage(files: readonly PackageFile[], options: DebianOptions): void {
  const { top, compression, work, output } = options;
  stage(files, work);
  mkdirSync(`${work}/DEBIAN`);
  writeFileSync(`${work}/DEBIAN/control`, control(files, options));
  const setUp = readFileSync(`${top}/packaging/set-up.sh`, "utf8");
  for (const script of scripts) {
    const text = readFileSync(`${top}/packaging/deb/${script}`, "utf8");
    writeFileSync(`${work}/DEBIAN/${script}`, text.replace("@SET_UP@\n", setUp));
    chmodSync(`${work}/DEBIAN/${script}`, 0o755);
  }
  run("dpkg-deb", ["--root-owner-group", "-Zxz", `-z${compression}`, "--build", work, output]);
}

function control(files: readonly PackageFile[], options: DebianOptions): string {
  const { version, architecture, glibc } = options;
  const sizes = files.map(({ content }) =>
    "copyOf" in content ? readFileSync(content.copyOf).length : Buffer.byteLength(content.bytes),
  );
  const kilobytes = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
  return `Package: siteferry
Version: ${version}
Architecture: ${architecture}
Maintainer: The siteferry developers <siteferry@localhost>
Installed-Size: ${kilobytes}
Depends: libc6 (>= ${glibc}), libstdc++6 (>= 5.1), libgcc-s1 | libgcc1, libatomic1, util-linux, passwd
Section: net
Priority: optional
Description: carries a monitoring site across a gap
 At a site whose centre can't reach it a sender reads the monitoring core
 through Livestatus, signs what it read and ships it as one file: by ssh, http,
 mail, or through a directory. At the centre a receiver verifies the file and
 brings it to the central core: Nagios, Naemon, Icinga 2 or Checkmk.
`;
}
