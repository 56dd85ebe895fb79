import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { limits, Refusal } from "@siteferry/model";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { listQuarantine, putInQuarantine } from "./quarantine.ts";
import { nodeFiles } from "./world/node-files.ts";

test("R61 a flood of refused files keeps the newest, each with its reason", async () => {
  await using directory = await makeTemporaryDirectory();
  let now = 1_795_000_000_000;
  const world = {
    files: nodeFiles,
    clock: { now: () => ++now },
    random: { bytes: (count: number) => new Uint8Array(count).fill(now % 256) },
  };
  const refusal = new Refusal("signature-bad", "the signature doesn't hold");
  let dropped = 0;
  for (let number = 0; number < limits.quarantineFilesMax + 3; number++) {
    const path = `${directory.path}/incoming`;
    await writeFile(path, `file ${number}`);
    const entry = { name: `evil\u001b[2J${number}`, from: "drop:/srv", site: "remote1", link: "" };
    dropped += (await putInQuarantine(world, directory.path, path, entry, refusal)).length;
  }
  const names = (await readdir(`${directory.path}/remote1`)).sort();
  const bundles = names.filter((name) => name.endsWith(".ferry"));
  expect(dropped).toBe(3);
  expect(bundles).toHaveLength(limits.quarantineFilesMax);
  expect(names).toHaveLength(2 * limits.quarantineFilesMax);
  expect(await readFile(`${directory.path}/remote1/${bundles[0]}`, "utf8")).toBe("file 3");
  const note = await readFile(`${directory.path}/remote1/${bundles[0]}.reason`, "utf8");
  expect(JSON.parse(note)).toMatchObject({ code: "signature-bad", number: "R06" });
  expect(note).not.toContain("\u001b");
});

test("R61 a flood of large files keeps what fits into the limit of bytes, the newest", async () => {
  await using directory = await makeTemporaryDirectory();
  let now = 1_795_000_000_000;
  const world = {
    files: nodeFiles,
    clock: { now: () => ++now },
    random: { bytes: (count: number) => new Uint8Array(count) },
  };
  const refusal = new Refusal("signature-bad", "the signature doesn't hold");
  const entry = { name: "large", from: "drop:/srv", site: "remote1", link: "" };
  const fitting = limits.quarantineBytesMax / limits.bundleBytesMax;
  const dropped: string[] = [];
  for (let number = 0; number < fitting + 2; number++) {
    const path = `${directory.path}/incoming`;
    await writeFile(path, "");
    // Sparse: only the size is looked at.
    await truncate(path, limits.bundleBytesMax);
    dropped.push(...(await putInQuarantine(world, directory.path, path, entry, refusal)));
  }
  expect(dropped.map((name) => Number.parseInt(name, 10))).toEqual([
    now - fitting - 1,
    now - fitting,
  ]);
  expect(await readdir(`${directory.path}/remote1`)).toHaveLength(2 * fitting);
});

test("R61 a clock that was put back doesn't make the newest of a full quarantine its oldest", async () => {
  await using directory = await makeTemporaryDirectory();
  let now = 1_795_000_000_000;
  const world = {
    files: nodeFiles,
    clock: { now: () => now },
    random: { bytes: (count: number) => new Uint8Array(count) },
  };
  const refusal = new Refusal("signature-bad", "the signature doesn't hold");
  const entry = { name: "evil", from: "drop:/srv", site: "remote1", link: "" };
  const path = `${directory.path}/incoming`;
  for (let number = 0; number <= limits.quarantineFilesMax; number++) {
    if (number === limits.quarantineFilesMax) now -= 86_400_000;
    await writeFile(path, `file ${number}`);
    await putInQuarantine(world, directory.path, path, entry, refusal);
  }
  const names = (await readdir(`${directory.path}/remote1`))
    .filter((name) => !name.endsWith(".reason"))
    .sort();
  const last = await readFile(`${directory.path}/remote1/${names.at(-1)}`, "utf8");
  expect([names.length, last]).toEqual([
    limits.quarantineFilesMax,
    `file ${limits.quarantineFilesMax}`,
  ]);
});

test("R61 files whose reason a power cut took are shown beside the others, bound to their site", async () => {
  await using directory = await makeTemporaryDirectory();
  await mkdir(`${directory.path}/remote1`);
  const reason = { refusedAt: "2026-11-18T12:26:42.000Z", code: "signature-bad" };
  for (const [number, note] of [null, "", "\0\0", '{"code":', JSON.stringify(reason)].entries()) {
    const path = `${directory.path}/remote1/00179500000000${number}-00000000.ferry`;
    await writeFile(path, "");
    if (note !== null) await writeFile(`${path}.reason`, note);
  }
  const found = await listQuarantine(nodeFiles, directory.path);
  expect(found.map(({ note }) => note.code).sort()).toEqual([
    ...Array.from({ length: 4 }, () => "reason-lost"),
    "signature-bad",
  ]);
  const lost = found.find(({ id }) => id === "remote1/001795000000000-00000000");
  expect(lost?.note).toMatchObject({ refusedAt: "2026-11-18T11:06:40.000Z", link: "remote1" });
});
