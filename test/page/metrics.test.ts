// The metrics, and what is made of them: rules, dashboard and documentation name those that there are.

import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { hostilePage, metricsText } from "@siteferry/receiver/test-page";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = async (path: string): Promise<string> => await readFile(root + path, "utf8");

function namesIn(text: string): readonly string[] {
  const found = text.match(/\bsiteferry_[a-z_]+/g) ?? [];
  return [...new Set(found)].toSorted();
}

async function exported(): Promise<readonly string[]> {
  const text = await metricsText(hostilePage());
  return namesIn((text.match(/^# TYPE .*/gm) ?? []).join("\n"));
}

test("docs/operating.md has each metric, and none that there isn't", async () => {
  const [, after = ""] = (await read("docs/operating.md")).split("\n## Metrics\n");
  expect(namesIn(after.split("\n## ")[0]!)).toEqual(await exported());
});

test("rules and dashboard ask only for metrics that there are, and the dashboard for nearly all", async () => {
  const all = await exported();
  const rules = namesIn(await read("deploy/prometheus/alerts.yaml"));
  const dashboard = namesIn(await read("deploy/grafana/siteferry.json"));
  expect(rules.length).toBeGreaterThan(8);
  expect([...rules, ...dashboard].filter((name) => !all.includes(name))).toEqual([]);
  expect(dashboard.length).toBeGreaterThan(15);
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly {
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

test("the dashboard: panels that don't overlap, each with the data source that one chooses", async () => {
  const { panels, templating } = JSON.parse(await read("deploy/grafana/siteferry.json")) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string }[] };
  };
  expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "site"]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos, targets } of panels) {
    expect(targets.length, title).toBeGreaterThan(0);
    for (const { datasource } of targets) expect(datasource.uid, title).toBe("${datasource}");
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`), title).toBe(false);
        expect(x).toBeLessThan(24);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

describe.skipIf(missingFor("promtool") !== null)("promtool", () => {
  const promtool = (parameters: readonly string[], input = "") => {
    const cwd = `${root}deploy/prometheus`;
    const { status, stdout, stderr } = spawnSync("promtool", parameters, {
      input,
      cwd,
      encoding: "utf8",
    });
    return { status, said: stdout + stderr };
  };

  test("finds nothing to improve in the metrics' names and form", async () => {
    const { status, said } = promtool(["check", "metrics"], await metricsText(hostilePage()));
    expect([status, said]).toEqual([0, ""]);
    const bad = promtool(["check", "metrics"], "siteferry_bad_total{a=} x\n");
    expect(bad.status).not.toBe(0);
  });

  test("takes the rules, and they warn when they should", async () => {
    expect(promtool(["check", "rules", "alerts.yaml"])).toMatchObject({ status: 0 });
    const { status, said } = promtool(["test", "rules", "alerts-test.yaml"]);
    expect([status, said]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  test("takes every question of the dashboard", async () => {
    const { panels } = JSON.parse(await read("deploy/grafana/siteferry.json")) as {
      readonly panels: readonly Panel[];
    };
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const plain = expressions.map((expr) =>
      expr.replaceAll("$site", "alpha").replaceAll("$__rate_interval", "5m"),
    );
    const rules = plain.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const groups = { groups: [{ name: "dashboard", rules }] };
    await using directory = await makeTemporaryDirectory("dashboard");
    // JSON is YAML.
    await writeFile(`${directory.path}/rules.yaml`, JSON.stringify(groups));
    const { status, said } = promtool(["check", "rules", `${directory.path}/rules.yaml`]);
    expect([status, said]).toEqual([0, expect.stringContaining(`${rules.length} rules found`)]);
  });
});
