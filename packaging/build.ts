// pnpm package: from a clean checkout to one executable, a .deb, an .rpm and a tarball for OMD sites, with
// checksums and a bill of materials beside, in dist/. For the kind of machine that it runs on, for the
// other, or both. Runs on the Node of package.json. The same checkout gives the same bytes.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { writeChecksums } from "./checksums.ts";
import { omdFiles, systemFiles } from "./contents.ts";
import { makeDebianPackage } from "./debian-package.ts";
import { makeExecutable } from "./executable-file.ts";
import { notices, readLibraries } from "./libraries.ts";
import { type Platform, platformsFor } from "./platform.ts";
import { makeRpm } from "./rpm-package.ts";
import { run } from "./run.ts";
import { makeTarball } from "./tarball.ts";

const top = dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    out: { type: "string", default: `${top}/dist` },
    /** `x64`, `arm64` or `all`. */
    arch: { type: "string", default: "this" },
    /** An ssh key, or its public half if an agent has it: SHA256SUMS.sig. */
    "sign-key": { type: "string" },
    /** A key of gpg's, for the .rpm. */
    "rpm-key": { type: "string" },
    /** 0 to 9; tests have little time. */
    compression: { type: "string", default: "6" },
  },
});
const out = resolve(values.out);
const compression = Number(values.compression);
if (!Number.isInteger(compression) || compression < 0 || compression > 9) {
  throw new Error("--compression takes 0 to 9");
}
const platforms = platformsFor(values.arch);
const signKey = values["sign-key"] === undefined ? undefined : resolve(values["sign-key"]);
const { version } = JSON.parse(readFileSync(`${top}/package.json`, "utf8")) as { version: string };
const name = `siteferry-${version}`;
const epoch = Number(
  process.env["SOURCE_DATE_EPOCH"] ?? run("git", ["log", "-1", "--format=%ct"], { directory: top }),
);
process.env["SOURCE_DATE_EPOCH"] = String(epoch);

// Directories in the packages are for everybody to enter.
process.umask(0o022);
const work = `${out}/work`;
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

say("Bundling");
const { libraries: folders } = await bundle(top, `${work}/siteferry.cjs`);
const libraries = readLibraries(top, folders);
const licences = notices(top, libraries);
const beside = {
  [`${name}.cdx.json`]: billOfMaterials(libraries, { version, epoch }),
  [`${name}.licences.txt`]: licences,
};
for (const [file, text] of Object.entries(beside)) writeFileSync(`${out}/${file}`, text);
const made = [...Object.keys(beside), ...platforms.flatMap(packagesFor)].toSorted();
rmSync(work, { recursive: true });
writeChecksums(out, made, signKey);
say(`In ${out}:\n${made.map((file) => `  ${file}\n`).join("")}  SHA256SUMS`);
say(signKey === undefined ? "SHA256SUMS isn't signed" : "  SHA256SUMS.sig");

/** Returns the names of what it made in `out`. */
function packagesFor(platform: Platform): readonly string[] {
  const { node, debian, rpm } = platform;
  const names = {
    executable: `${name}-linux-${node}`,
    debian: `siteferry_${version}_${debian}.deb`,
    rpm: `${name}-1.${rpm}.rpm`,
    tarball: `${name}-omd-linux-${node}.tar.gz`,
  };
  say(`${node}: an executable of ${libraries.length} libraries and Node`);
  const executable = `${work}/siteferry-${node}`;
  const glibc = makeExecutable({ platform, work, main: "siteferry.cjs", output: executable });
  copyFileSync(executable, `${out}/${names.executable}`);

  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  const built = { top, version, date, executable, notices: licences };
  const common = { top, version, compression };
  say(`${node}: packing the .deb; it needs glibc ${glibc}`);
  makeDebianPackage(systemFiles(built, "vendor-completions"), {
    ...common,
    architecture: debian,
    glibc,
    work: `${work}/${node}-deb`,
    output: `${out}/${names.debian}`,
  });
  say(`${node}: packing the .rpm`);
  makeRpm(systemFiles(built, "site-functions"), {
    ...common,
    architecture: rpm,
    key: values["rpm-key"],
    work: `${work}/${node}-rpm`,
    output: `${out}/${names.rpm}`,
  });
  say(`${node}: packing the tarball`);
  makeTarball(omdFiles(built), {
    epoch,
    compression,
    work: `${work}/${node}-omd`,
    output: `${out}/${names.tarball}`,
  });
  return Object.values(names);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
