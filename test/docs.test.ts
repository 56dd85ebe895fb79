// The documents against the code: tables of keys, codes, flags and libraries, examples, links. What
// an operator reads there has to be what the program does.

import { existsSync } from "node:fs";
import { glob, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import {
  errorEntry,
  exitCodes,
  type FailureCode,
  failureTable,
  refusalTable,
} from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { parseSettings } from "@siteferry/agent";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { withReference } from "../packaging/reference.ts";
import {
  settingKeys,
  type SettingsFile,
  settingsFiles,
  settingsSchemas,
} from "../packaging/setting-keys.ts";
import { siteferry } from "./command-line.ts";
import { install, reportOf } from "./installation.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = async (path: string): Promise<string> => await readFile(join(root, path), "utf8");

/** The rows of the one table in `text`, cell by cell, without heading and rule. */
function tableRows(text: string): string[][] {
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll(/\\([|_])/g, "$1")),
  );
}

/** What stands between the first and the last backtick of a cell, or the cell. A blank at both ends goes. */
function code(cell: string): string {
  const [, , bare, whole] = /^(`+)(?: (.*?) |(.*?))\1$/.exec(cell) ?? [];
  return bare ?? whole ?? cell;
}

/** The section under `heading`. */
function section(text: string, heading: string): string {
  const [, after = ""] = text.split(`\n## ${heading}\n`);
  return after.split("\n## ")[0]!;
}

describe("docs/configuration.md", () => {
  test("the tables are what the schemas make of them: `pnpm run docs` writes them", async () => {
    const text = await read("docs/configuration.md");
    expect(text.match(/^<!-- keys of /gm)).toHaveLength(settingsFiles.length);
    expect(withReference(text)).toBe(text);
  });

  for (const file of settingsFiles) {
    test(`the example of ${file} shows every key`, async () => {
      const [example = ""] = yamlBlocks(section(await read("docs/configuration.md"), file));
      const names = settingKeys(file).map(({ path }) => path.replace("[]", "").split(".").at(-1)!);
      expect(names.filter((name) => !new RegExp(`\\b${name}:`).test(example))).toEqual([]);
    });
  }
});

test("every YAML example is a file that its agent takes", async () => {
  let examples = 0;
  for (const path of await documents()) {
    for (const block of yamlBlocks(await read(path))) {
      const [, file] = /^# (?:\S+\/)?(sender\.yaml|receiver\.yaml)\n/.exec(block) ?? [];
      parseSettings(block, path, settingsSchemas[file as SettingsFile]);
      examples += 1;
    }
  }
  expect(examples).toBeGreaterThanOrEqual(4);
});

describe("docs/errors.md", () => {
  test("every failure, its meaning and exit status, and none that doesn't exist", async () => {
    const sections = (await read("docs/errors.md")).split("\n### ").slice(1);
    const said = sections.map((text) => {
      const [, name, meaning, status] =
        /^`([a-z-]+)`\n\n\*\*(.+)\.\*\* (.+ \d+)\.\n/.exec(text) ?? [];
      return [name, `${meaning}: ${status}`];
    });
    const meant = (Object.keys(failureTable) as FailureCode[]).map((name) => {
      const { meaning, kind, inRun } = errorEntry(name);
      const ofRun = `A run in which it happens ends with ${inRun}`;
      return [name, `${meaning}: ${inRun === undefined ? `Exit ${exitCodes[kind]}` : ofRun}`];
    });
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(meant));
  });

  test("every refusal with its number and meaning, and none that doesn't exist", async () => {
    const rows = tableRows(section(await read("docs/errors.md"), "Refusals"));
    const said = rows.map(([name = "", number, meaning]) => [code(name), [number, meaning]]);
    expect(Object.fromEntries(said)).toEqual(refusalTable);
  });
});

describe("the refusals of docs/specs/bundle.md", () => {
  const refusals = async (): Promise<readonly string[][]> =>
    tableRows(section(await read("docs/specs/bundle.md"), "Refusals"));
  const numberOf = ([danger = ""]: readonly string[]): string => danger.slice(0, "R00".length);

  test("each number stands in the titles of the tests that its row names, and of no others", async () => {
    const said = (await refusals()).flatMap((row) =>
      testFiles(row.at(-1)!).map((file) => `${numberOf(row)} ${file}`),
    );
    expect(said.sort()).toEqual((await numberedTests()).sort());
  });

  test("every row names a test", async () => {
    const rows = await refusals();
    expect(rows.filter((row) => testFiles(row.at(-1)!).length === 0)).toEqual([]);
  });

  test("every code exists, and every code of a refusal stands in the row of its number", async () => {
    const rows = await refusals();
    const codes = rows.map(([, cell = ""]) =>
      [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!),
    );
    const known = [...Object.keys(refusalTable), ...Object.keys(failureTable)];
    expect(codes.flat().filter((name) => !known.includes(name))).toEqual([]);
    const homeless = Object.entries(refusalTable).filter(
      ([name, [number]]) =>
        !rows.some((row, index) => numberOf(row) === number && codes[index]!.includes(name)),
    );
    expect(homeless).toEqual([]);
  });
});

test("docs/livedump.md has the flags that dump --help has", async () => {
  const { stdout } = await siteferry(["dump", "--help"]);
  const flags = [...stdout.matchAll(/^ {2}(-\w, )?(--[\w-]+)/gm)].map(
    ([, short = "", long = ""]) => short + long,
  );
  const rows = tableRows(await read("docs/livedump.md"));
  const said = rows.map(([flag = ""]) => flag.replaceAll("`", ""));
  expect(said.sort()).toEqual(flags.filter((flag) => flag !== "-h, --help").sort());
});

test("the record of libraries has what the packages depend on", async () => {
  const rows = tableRows(await read("docs/decisions/0008-libraries.md"));
  const said = Object.fromEntries(rows.map(([name = "", version = ""]) => [name, version]));
  const used: Record<string, string> = {};
  for (const name of await readdir(join(root, "packages"))) {
    const manifest = JSON.parse(await read(`packages/${name}/package.json`)) as {
      dependencies?: Record<string, string>;
    };
    for (const [library, version] of Object.entries(manifest.dependencies ?? {})) {
      if (!version.startsWith("workspace:")) used[library] = version;
    }
  }
  expect(said).toEqual(used);
});

test("docs/operating.md has the fields of both reports", async () => {
  const pretended = { hosts: 1, servicesPerHost: 1, seed: 1, clock: Date };
  await using directory = await makeTemporaryDirectory("docs");
  const livestatus = `unix:${directory.path}/live`;
  const site = await serve(parseAddress(livestatus), makeFakeSite(pretended).source, {});
  await using installation = await install({ livestatus });
  const tables = section(await read("docs/operating.md"), "The report of a run").split("\n### ");
  const runs = { send: await installation.send(), receive: await installation.receive() };
  await site.close();
  const ofEveryLine = ["level", "time", "pid", "name", "msg"];
  for (const [agent, run] of Object.entries(runs)) {
    const table = tables.find((text) => text.startsWith(`${agent}\n`)) ?? "";
    const said = tableRows(table).flatMap(([names = ""]) => names.split(", ").map(code));
    expect([...said, ...ofEveryLine].sort()).toEqual(Object.keys(reportOf(run)).sort());
  }
});

test("no link leads nowhere", async () => {
  const dead: string[] = [];
  for (const path of await documents()) {
    const text = await read(path);
    for (const [, target = "", heading] of text.matchAll(
      /\]\((?!https?:)([^)#]+)?(?:#([^)]*))?\)/g,
    )) {
      const file = target === "" ? path : join(dirname(path), target);
      const isThere =
        existsSync(join(root, file)) &&
        (heading === undefined || anchors(await read(file)).includes(heading));
      if (!isThere) dead.push(`${path}: ${target}#${heading ?? ""}`);
    }
  }
  expect(dead).toEqual([]);
});

/** The names that GitHub and others give to the headings of a text. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("every decision stands in the list of decisions", async () => {
  const list = await read("docs/decisions/README.md");
  const records = (await readdir(join(root, "docs/decisions"))).filter((name) => /^\d/.test(name));
  expect(records.filter((name) => !list.includes(`(${name})`))).toEqual([]);
});

function yamlBlocks(text: string): string[] {
  return [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** The files that a cell such as `bundle: verify, age; receiver: order` names. */
function testFiles(cell: string): string[] {
  return cell.split("; ").flatMap((part) => {
    const [folder, names = ""] = part.split(": ");
    return names === ""
      ? []
      : names.split(", ").map((name) => `${folderOf(folder!)}/${name}.test.ts`);
  });
}

function folderOf(name: string): string {
  return name === "whole" ? "test" : `packages/${name}/src`;
}

/** Number and file, for each number with which the title of a test begins, alone or with others. */
async function numberedTests(): Promise<string[]> {
  const found = new Set<string>();
  for await (const file of glob(["packages/*/src/**/*.test.ts", "test/**/*.test.ts"], {
    cwd: root,
  })) {
    for (const [, numbers = ""] of (await read(file)).matchAll(/["'`]((?:R\d\d )+)\S/g)) {
      for (const number of numbers.trim().split(" ")) found.add(`${number} ${file}`);
    }
  }
  return [...found];
}

/** All Markdown files of the repository, from its root. */
async function documents(): Promise<string[]> {
  const folders = ["docs", "changes", "test/vectors"].map((folder) => join(root, folder));
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) =>
        relative(root, join(folder, name)),
      ),
    ),
  );
  return ["README.md", ...names.flat().filter((name) => name.endsWith(".md"))];
}
