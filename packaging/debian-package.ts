// The .deb, by dpkg-deb.

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type PackageFile, stage } from "./contents.ts";
import { run } from "./run.ts";

export interface DebianOptions {
  readonly top: string;
  readonly version: string;
  readonly architecture: string;
  readonly glibc: string;
  /** Of xz: 1 to 9; 0 for none. */
  readonly compression: number;
  /** For the files before they are packed. */
  readonly work: string;
  readonly output: string;
}

const scripts = ["postinst", "prerm", "postrm"] as const;

export function makeDebianPackage(common: readonly PackageFile[], options: DebianOptions): void {
  const { top, compression, work, output } = options;
  const overrides = {
    path: "usr/share/lintian/overrides/siteferry",
    content: { copyOf: `${top}/packaging/deb/lintian-overrides` },
    mode: 0o644,
  };
  const files = [...common, overrides];
  stage(files, work);
  mkdirSync(`${work}/DEBIAN`);
  writeFileSync(`${work}/DEBIAN/control`, control(files, options));
  const sums = files.map(({ path }) => `${md5(`${work}/${path}`)}  ${path}\n`);
  writeFileSync(`${work}/DEBIAN/md5sums`, sums.join(""));
  const own = (name: string): string => readFileSync(`${top}/packaging/${name}`, "utf8");
  for (const script of scripts) {
    const text = own(`deb/${script}`)
      .replace("@USER@\n", () => own("user.sh"))
      .replace("@SET_UP@\n", () => own("set-up.sh"));
    writeFileSync(`${work}/DEBIAN/${script}`, text);
    chmodSync(`${work}/DEBIAN/${script}`, 0o755);
  }
  const packed = compression === 0 ? ["-Znone"] : ["-Zxz", `-z${compression}`];
  run("dpkg-deb", ["--root-owner-group", ...packed, "--build", work, output]);
}

/** What `dpkg --verify` compares with. */
function md5(path: string): string {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}

function control(files: readonly PackageFile[], options: DebianOptions): string {
  const { version, architecture, glibc } = options;
  const sizes = files.map(({ content }) =>
    "copyOf" in content ? readFileSync(content.copyOf).length : Buffer.byteLength(content.bytes),
  );
  const kilobytes = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
  // dpkg wants an address and there is none yet: `.invalid` is for good nobody's (RFC 2606).
  return `Package: siteferry
Version: ${version}
Architecture: ${architecture}
Maintainer: The siteferry developers <maintainers@siteferry.invalid>
Installed-Size: ${kilobytes}
Depends: libc6 (>= ${glibc}), libstdc++6 (>= 5.1), libgcc-s1 | libgcc1, libatomic1, passwd
Section: net
Priority: optional
Description: carries a monitoring site across a gap
 At a site whose centre can't reach it a sender reads the monitoring core
 through Livestatus, signs what it read and ships it as one file: by ssh, http,
 mail, or through a directory. At the centre a receiver verifies the file and
 brings it to the central core: Nagios, Naemon, Icinga 2 or Checkmk.
`;
}
