// pnpm package: from a clean checkout to one executable, a .deb, an .rpm and a tarball for OMD sites, with
// checksums and a bill of materials beside, in dist/. Runs on the Node of package.json, for the kind of
// machine that it runs on. Needs dpkg-deb, rpmbuild, and strip and objdump of binutils. The same checkout
// gives the same bytes.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { omdFiles, systemFiles } from "./contents.ts";
import { makeDebianPackage } from "./debian-package.ts";
import { makeExecutable } from "./executable-file.ts";
import { notices, readLibraries } from "./libraries.ts";
import { thisPlatform } from "./platform.ts";
import { makeRpm } from "./rpm-package.ts";
import { run } from "./run.ts";
import { makeTarball } from "./tarball.ts";

const top = dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    out: { type: "string", default: `${top}/dist` },
    /** 0 to 9; tests have little time. */
    compression: { type: "string", default: "6" },
  },
});
const out = resolve(values.out);
const compression = Number(values.compression);
if (!Number.isInteger(compression) || compression < 0 || compression > 9) {
  throw new Error("--compression takes 0 to 9");
}
const platform = thisPlatform();
const { version } = JSON.parse(readFileSync(`${top}/package.json`, "utf8")) as { version: string };
const epoch = Number(
  process.env["SOURCE_DATE_EPOCH"] ?? run("git", ["log", "-1", "--format=%ct"], { directory: top }),
);
process.env["SOURCE_DATE_EPOCH"] = String(epoch);

const work = `${out}/work`;
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

say("Bundling");
const { libraries: folders } = await bundle(top, `${work}/siteferry.cjs`);
const libraries = readLibraries(top, folders);
say(`Making the executable of ${libraries.length} libraries and Node ${process.versions.node}`);
const executable = `${work}/siteferry`;
const glibc = makeExecutable({ work, main: "siteferry.cjs", output: executable });

const date = new Date(epoch * 1000).toISOString().slice(0, 10);
const built = { top, version, date, executable, notices: notices(top, libraries) };
const name = `siteferry-${version}`;
const made = {
  executable: "siteferry",
  debian: `siteferry_${version}_${platform.debian}.deb`,
  rpm: `${name}-1.${platform.rpm}.rpm`,
  tarball: `${name}-omd-linux-${platform.node}.tar.gz`,
  bill: `${name}.cdx.json`,
};
say("Packing the .deb");
makeDebianPackage(systemFiles(built, "vendor-completions"), {
  top,
  version,
  architecture: platform.debian,
  glibc,
  compression,
  work: `${work}/deb`,
  output: `${out}/${made.debian}`,
});
say("Packing the .rpm");
makeRpm(systemFiles(built, "site-functions"), {
  top,
  version,
  architecture: platform.rpm,
  compression,
  work: `${work}/rpm`,
  output: `${out}/${made.rpm}`,
});
say("Packing the tarball");
makeTarball(omdFiles(built), {
  epoch,
  compression: Math.max(1, compression),
  work: `${work}/omd`,
  output: `${out}/${made.tarball}`,
});
writeFileSync(`${out}/${made.bill}`, billOfMaterials(libraries, { version, epoch }));
copyFileSync(executable, `${out}/${made.executable}`);
rmSync(work, { recursive: true });
const names = Object.values(made).toSorted();
writeFileSync(
  `${out}/SHA256SUMS`,
  names.map((file) => `${sha256(`${out}/${file}`)}  ${file}\n`).join(""),
);
say(`Runs on glibc ${glibc} and later:\n${names.map((file) => `  ${out}/${file}`).join("\n")}`);

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
