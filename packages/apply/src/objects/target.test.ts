import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "@siteferry/spool";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RenderedObjects } from "./render.ts";
import { objectsTarget } from "./target.ts";

let directory: string;
const warnings: object[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "siteferry-objects-"));
  warnings.length = 0;
});
afterEach(() => rm(directory, { recursive: true }));

function rendered(
  files: Record<string, string>,
  refused: RenderedObjects["refused"] = [],
): RenderedObjects {
  return { files: new Map(Object.entries(files)), hosts: 0, services: 0, refused };
}

function target(path = directory): ReturnType<typeof objectsTarget> {
  let count = 0;
  return objectsTarget(
    {
      files: nodeFiles,
      random: { bytes: (length) => new Uint8Array(length).fill(count++) },
      log: { debug() {}, info() {}, warn: (fields) => warnings.push(fields), error() {} },
    },
    { directory: path, mode: 0o640, groupId: null },
  );
}

test("only what changed is written", async () => {
  const files = { "siteferry-templates.cfg": "t", "siteferry-site-a.cfg": "äöü" };
  expect(await target().apply(rendered(files))).toEqual({
    written: Object.keys(files),
    removed: [],
  });
  expect((await stat(join(directory, "siteferry-site-a.cfg"))).mode & 0o777).toBe(0o640);
  expect(await target().apply(rendered(files))).toEqual({ written: [], removed: [] });
  const changed = { ...files, "siteferry-site-a.cfg": "äöx" };
  expect(await target().apply(rendered(changed))).toEqual({
    written: ["siteferry-site-a.cfg"],
    removed: [],
  });
  expect(await readFile(join(directory, "siteferry-site-a.cfg"), "utf8")).toBe("äöx");
});

test("the file of a site that is gone and leftovers go, everything else stays", async () => {
  const others = [
    "mine.cfg",
    "siteferry-site-.cfg",
    "siteferry-site-A.cfg",
    "siteferry-templates.cfg",
  ];
  const ours = ["siteferry-site-gone.cfg", "siteferry-site-a.cfg.0a0b0c0d.tmp"];
  for (const name of [...others, ...ours]) await writeFile(join(directory, name), "x");
  expect(await target().apply(rendered({}))).toEqual({
    written: [],
    removed: ["siteferry-site-gone.cfg"],
  });
  expect((await readdir(directory)).sort()).toEqual(others.sort());
});

test("the directory is made; one that can't be made is a system-error that names it", async () => {
  await target(join(directory, "new")).apply(rendered({ "siteferry-groups.cfg": "" }));
  await writeFile(join(directory, "file"), "");
  await expect(target(join(directory, "file", "below")).apply(rendered({}))).rejects.toMatchObject({
    code: "system-error",
    message: expect.stringContaining(directory),
  });
});

test("a flood of refused values doesn't flood the log", async () => {
  const refusal = {
    site: "a",
    object: "host x",
    directive: "alias",
    reason: "is empty",
    outcome: "replaced",
  } as never;
  await target().apply(
    rendered(
      {},
      Array.from({ length: 1000 }, () => refusal),
    ),
  );
  expect(warnings).toHaveLength(21);
  expect(warnings.at(-1)).toEqual({ refused: 1000 });
});
