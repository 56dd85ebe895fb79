// Runs before the tests: installs the Debian packages that tests of real components need, or says
// which tests will be left out. Does nothing where all is there.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

import { missingComponents } from "@siteferry/testkit/cores";

const aptGet = "/usr/bin/apt-get";
/** Postfix excludes other mail servers: only where nobody lives is a test a reason to take one away. */
const keep = process.env["CI"] === "true" ? [] : ["--no-remove"];

let missing = missingComponents();
if (missing.length > 0) {
  const packages = missing.flatMap((component) => component.packages);
  const obstacle = obstacleToInstalling();
  if (obstacle === null) {
    process.stdout.write(`Installing Debian packages for the tests: ${packages.join(" ")}\n`);
    install(packages);
    missing = missingComponents();
  }
  for (const { name, tests } of missing) {
    const why = obstacle ?? "apt-get failed";
    process.stdout.write(`Left out: the tests ${tests}; ${name} isn't installed (${why}).\n`);
  }
  if (missing.length > 0 && process.env["CI"] === "true") {
    process.stdout.write("CI=true: leaving tests out is a failure.\n");
    process.exitCode = 1;
  }
}

function obstacleToInstalling(): string | null {
  if (!existsSync("/etc/debian_version") || !existsSync(aptGet)) return "this isn't Debian";
  return process.getuid?.() === 0 ? null : "only root may install it";
}

function install(packages: readonly string[]): void {
  if (apt("install", "-y", "--no-install-recommends", ...packages) === null) return;
  // A fresh container has no package lists.
  const complaint = apt("update") ?? apt("install", "-y", "--no-install-recommends", ...packages);
  if (complaint !== null) process.stdout.write(complaint);
}

/** Null, or what apt-get complained about. */
function apt(...words: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(
    aptGet,
    ["-qq", ...keep, "-o", "DPkg::Lock::Timeout=300", ...words],
    { encoding: "utf8", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } },
  );
  return status === 0 ? null : (error?.message ?? stderr);
}
