// The pretended site must be as awkward as a real one, and the same each time.

import type { Cell, Cells } from "@siteferry/model";
import { expect, test } from "vitest";

import { makeFakeSite, type FakeSite } from "./fake-site.ts";

const options = { hosts: 40, servicesPerHost: 15, seed: 7 };

test("the same seed and clock give the same course of events, another seed another", () => {
  expect(course(7)).toEqual(course(7));
  expect(course(7)).not.toEqual(course(8));
});

test("a fifth of the checks runs each tick, and after five all but the pending ones ran", () => {
  let nowMs = 1_795_000_000_000;
  const site = makeFakeSite({ ...options, clock: { now: () => nowMs } });
  for (let tick = 0; tick < 5; tick += 1) {
    nowMs += 1000;
    const before = snapshot(site);
    const report = site.tick();
    const changed = snapshot(site).services.filter((row, index) => {
      return cell(row, "last_check") !== cell(before.services[index]!, "last_check");
    });
    const hosts = cellsOf(site, "hosts", "last_check").filter((at) => at === nowMs / 1000);
    expect(report.checks).toBe(changed.length + hosts.length);
    expect(changed.length).toBeGreaterThan(80);
  }
  const pending = snapshot(site).services.filter((row) => cell(row, "has_been_checked") === 0);
  expect(pending.length).toBeGreaterThan(10);
  for (const row of pending) expect(cell(row, "last_check")).toBe(0);
  const checked = cellsOf(site, "services", "last_check").filter((at) => at !== 0);
  expect(checked.every((at) => Number(at) > 1_795_000_000)).toBe(true);
});

test("problems are soft until the third attempt, and what is fine is hard", () => {
  let nowMs = 1_795_000_000_000;
  const site = makeFakeSite({ ...options, clock: { now: () => (nowMs += 1000) } });
  const seen = new Set<string>();
  for (let tick = 0; tick < 50; tick += 1) {
    site.tick();
    for (const row of snapshot(site).services) {
      if (cell(row, "has_been_checked") === 0) continue;
      const problem = Number(cell(row, "state")) > 0;
      seen.add(
        `${problem} ${Number(cell(row, "current_attempt"))} ${Number(cell(row, "state_type"))}`,
      );
    }
  }
  expect([...seen].sort()).toEqual(["false 1 1", "true 1 0", "true 2 0", "true 3 1"]);
});

test("the texts hold what real sites hold and careless code breaks", () => {
  const site = makeFakeSite({ ...options, clock: { now: () => 1_795_000_000_000 } });
  const all = JSON.stringify(snapshot(site));
  for (const text of ["ü", "📦", "C:\\\\Data\\\\new", "; ", " | ", "\\\\n", "ß"]) {
    expect(all).toContain(text);
  }
});

test("nothing is pending in a site that is to be wholly checked", () => {
  const clock = { now: () => 1_795_000_000_000 };
  const site = makeFakeSite({ ...options, clock, allChecked: true });
  for (const table of ["hosts", "services"]) {
    expect(cellsOf(site, table, "has_been_checked")).not.toContain(0);
  }
});

test("each acknowledgement has its comment, each downtime its host, each change a line", () => {
  let nowMs = 1_795_000_000_000;
  const site = makeFakeSite({ ...options, clock: { now: () => (nowMs += 1000) } });
  let changes = 0;
  for (let tick = 0; tick < 20; tick += 1) changes += site.tick().changes;
  const { hosts, services } = snapshot(site);
  const acknowledged = [...hosts, ...services].filter((row) => cell(row, "acknowledged") === 1);
  const comments = rowsOf(site, "comments");
  expect(acknowledged.length).toBeGreaterThan(3);
  expect(comments).toHaveLength(acknowledged.length);
  expect(new Set(comments.map((row) => cell(row, "id"))).size).toBe(comments.length);
  const depths = hosts.filter((row) => cell(row, "scheduled_downtime_depth") === 1);
  expect(rowsOf(site, "downtimes").map((row) => cell(row, "host_name"))).toEqual(
    depths.map((row) => cell(row, "name")),
  );
  expect(rowsOf(site, "log").length).toBeGreaterThan(changes);
});

function course(seed: number): unknown {
  let nowMs = 1_795_000_000_000;
  const site = makeFakeSite({ ...options, seed, clock: { now: () => nowMs } });
  for (let tick = 0; tick < 7; tick += 1) {
    nowMs += 12_000;
    site.tick();
  }
  return snapshot(site);
}

function snapshot(site: FakeSite): {
  hosts: Record<string, Cell>[];
  services: Record<string, Cell>[];
} {
  return { hosts: rowsOf(site, "hosts"), services: rowsOf(site, "services") };
}

function rowsOf(site: FakeSite, name: string): Record<string, Cell>[] {
  const table = site.source.tables()[name]!;
  const names = Object.keys(table.columns);
  const named = (row: Cells) => Object.fromEntries(names.map((column, i) => [column, row[i]!]));
  return Array.from(table.rows(), named);
}

function cellsOf(site: FakeSite, table: string, column: string): Cell[] {
  return rowsOf(site, table).map((row) => row[column]!);
}

function cell(row: Record<string, Cell>, name: string): Cell | undefined {
  return row[name];
}
