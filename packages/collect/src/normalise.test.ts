import { hostStateTable, hostTable, rowMaker, serviceStateTable } from "@siteferry/model";
import type { Cells, HostState, ServiceState } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { detectFlavour, unescapeLongOutput } from "./flavour.ts";
import { planColumns } from "./normalise.ts";

const separator = String.fromCharCode(30);

/** A row of the server, by column; what isn't named is "0". */
function read(
  columns: readonly string[],
  values: Readonly<Record<string, string>>,
  flavour: "nagios" | "icinga2" = "nagios",
): ServiceState {
  const plan = planColumns(serviceStateTable, new Set(columns), flavour);
  const cells = plan.normalise(plan.columns.map((column) => values[column] ?? "0"));
  return rowMaker(serviceStateTable)(cells as Cells);
}

const all = Object.keys(serviceStateTable.columns);
const named = { host_name: "web01", description: "Disk C:\\Data" };

describe("a check that never ran", () => {
  const pending = {
    ...named,
    has_been_checked: "0",
    acknowledged: "1",
    scheduled_downtime_depth: "2",
  };

  test("of Icinga 2, with its -1, state 3 and empty numbers, is blank", () => {
    const values = { ...pending, state: "3", last_check: "-1", latency: "", execution_time: "" };
    expect(read(all, values, "icinga2")).toMatchObject({
      has_been_checked: 0,
      state: 0,
      last_check: 0,
      latency: 0,
      execution_time: 0,
      staleness: null,
    });
  });

  test("of Naemon, with a staleness of a year and leftovers of texts, is the same", () => {
    const values = {
      ...pending,
      staleness: "2.9920426183e+07",
      plugin_output: "old",
      perf_data: "a=1",
    };
    const row = read(all, values);
    expect(row).toMatchObject({ plugin_output: "", perf_data: "", staleness: null });
    expect(row).toMatchObject({ acknowledged: 1, scheduled_downtime_depth: 2 });
  });

  test("of a host of Icinga 2, which says DOWN, isn't down", () => {
    const plan = planColumns(
      hostStateTable,
      new Set(["name", "has_been_checked", "state"]),
      "icinga2",
    );
    const row: HostState = rowMaker(hostStateTable)(plan.normalise(["db01", "0", "1"]) as Cells);
    expect(row.state).toBe(0);
  });
});

test("a check that ran keeps its numbers, in whatever form they come", () => {
  const values = {
    ...named,
    has_been_checked: "1",
    state: "2",
    state_type: "1",
    current_attempt: "3",
    last_check: "1795225510",
    latency: "1.2300000000e-01",
    execution_time: "0.000356",
    percent_state_change: "nonsense",
  };
  expect(read(all, values)).toMatchObject({
    state: 2,
    state_type: 1,
    current_attempt: 3,
    last_check: 1_795_225_510,
    latency: 0.123,
    execution_time: 0.000356,
    percent_state_change: null,
  });
});

test("numbers that no core means don't cost the site its bundle", () => {
  const values = { ...named, has_been_checked: "1", last_check: "1e13", current_attempt: "1e17" };
  expect(read(all, values)).toMatchObject({ last_check: 0, current_attempt: 0 });
  const plan = planColumns(serviceStateTable, new Set(all), "nagios");
  const row = plan.columns.map((column) => ({ ...values, state: "77" })[column] ?? "0");
  expect(plan.normalise(row)).toMatchObject({ problem: "has the state 77" });
});

test("columns that a server lacks are null where that is allowed, else empty", () => {
  const row = read(["host_name", "description", "has_been_checked"], {
    ...named,
    has_been_checked: "1",
  });
  expect(row).toMatchObject({
    staleness: null,
    is_flapping: null,
    long_plugin_output: "",
    latency: 0,
  });
});

test("custom variables are paired, lists split", () => {
  const available = new Set(["name", "groups", "custom_variable_names", "custom_variable_values"]);
  const plan = planColumns(hostTable, available, "nagios");
  const cells = {
    name: "web01",
    groups: `a${separator}b`,
    custom_variable_names: `X${separator}Y`,
    custom_variable_values: `1${separator}`,
  };
  const row = rowMaker(hostTable)(
    plan.normalise(plan.columns.map((column) => cells[column as keyof typeof cells])) as Cells,
  );
  expect(row.groups).toEqual(["a", "b"]);
  expect(row.custom_variables).toEqual([
    ["X", "1"],
    ["Y", ""],
  ]);
  expect(row.contacts).toEqual([]);
});

test("a name that forges another object refuses its row", () => {
  const plan = planColumns(serviceStateTable, new Set(all), "nagios");
  const row = plan.columns.map(() => "0");
  row[0] = "web01\nhost_name=canary";
  expect(plan.normalise(row)).toEqual({
    shown: "web01\\x0ahost_name=canary",
    problem: "contains a control character",
  });
});

describe("long output", () => {
  test("of Nagios has both escapes undone, of the others the line feed only", () => {
    const escaped = "D:\\\\temp\\nnext \\x";
    expect(unescapeLongOutput(escaped, "nagios")).toBe("D:\\temp\nnext \\x");
    expect(unescapeLongOutput("D:\\temp\\nnext", "naemon")).toBe("D:\\temp\nnext");
    expect(unescapeLongOutput("D:\\temp\\nnext", "icinga2")).toBe("D:\\temp\nnext");
  });
});

test("the core is told from its versions", () => {
  expect(detectFlavour("1.5.2.g2805e0dd.20261121", "1.5.1.g5296af0.source-naemon")).toBe("naemon");
  expect(detectFlavour("r2.13.6-1-icinga2", "r2.13.6-1")).toBe("icinga2");
  expect(detectFlavour("Check_MK 2.2.0p1", "2.2.0p1")).toBe("cmc");
  expect(detectFlavour("3.5.0", "2.2.0p1")).toBe("nagios");
  expect(detectFlavour("4.4.6", "1.2.8")).toBe("nagios");
});
