// The metrics, and what is made of them: rules, dashboard and documentation name those that there are.

import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Log } from "@siteferry/model";
import { hostilePage, metricsText, servePage } from "@siteferry/receiver/test-page";
import { freePort, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor, startCore } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";

const silent = (): void => {};
const quiet: Log = { debug: silent, info: silent, warn: silent, error: silent };
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

interface Source {
  readonly uid: string;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: Source;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: Source;
  }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly datasource?: Source }[];
  };
}

const readDashboard = async (): Promise<Dashboard> =>
  JSON.parse(await read("deploy/grafana/siteferry.json")) as Dashboard;

/** What the panels ask, with what Grafana puts in for its variables. */
async function questions(): Promise<readonly string[]> {
  const { panels } = await readDashboard();
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return expressions.map((expr) =>
    expr.replaceAll("$site", ".*").replaceAll("$__rate_interval", "5m"),
  );
}

test("the dashboard: panels that don't overlap, each with the data source that one chooses", async () => {
  const { panels, templating } = await readDashboard();
  expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "site"]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(templating.list[1]?.datasource?.uid).toBe("${datasource}");
  const taken = new Set<string>();
  for (const { title, datasource, gridPos, targets } of panels) {
    expect(targets.length, title).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    for (const { uid } of [datasource, ...targets.map((target) => target.datasource)])
      expect(uid, title).toBe("${datasource}");
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
    const rules = (await questions()).map((expr, index) => ({ record: `panel:${index}`, expr }));
    const groups = { groups: [{ name: "dashboard", rules }] };
    await using directory = await makeTemporaryDirectory("dashboard");
    // JSON is YAML.
    await writeFile(`${directory.path}/rules.yaml`, JSON.stringify(groups));
    const { status, said } = promtool(["check", "rules", `${directory.path}/rules.yaml`]);
    expect([status, said]).toEqual([0, expect.stringContaining(`${rules.length} rules found`)]);
  });

  test("Prometheus scrapes the page; dashboard and rules get answers out of that", async () => {
    await using directory = await makeTemporaryDirectory("prometheus");
    const at = (name: string): string => `${directory.path}/${name}`;
    const facts = hostilePage();
    const sources = { names: [], facts: async () => facts, metrics: metricsText };
    const page = await servePage({ host: "127.0.0.1", port: 0 }, sources, quiet);
    const target = `127.0.0.1:${page.port}`;
    const settings = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [`${root}deploy/prometheus/alerts.yaml`],
      scrape_configs: [{ job_name: "siteferry", static_configs: [{ targets: [target] }] }],
    };
    await writeFile(at("prometheus.yml"), JSON.stringify(settings));
    const listen = `127.0.0.1:${await freePort()}`;
    const prometheus = await startCore({
      program: "prometheus",
      arguments: [
        `--config.file=${at("prometheus.yml")}`,
        `--storage.tsdb.path=${at("data")}`,
        `--web.listen-address=${listen}`,
      ],
      outputFile: at("output"),
    });
    const ask = async (path: string): Promise<Answer | null> => {
      const response = await fetch(`http://${listen}/api/v1/${path}`).catch(() => null);
      // Until it is ready it says so, as text.
      return response?.ok ? ((await response.json()) as Answer) : null;
    };
    const query = (expr: string) => ask(`query?query=${encodeURIComponent(expr)}`);
    try {
      // A rate needs two.
      const twice = "count_over_time(siteferry_receiver_healthy[5m]) > 1";
      await prometheus.waitFor("second scrape", async () =>
        (await query(twice))?.data?.result?.length ? true : null,
      );
      for (const expr of await questions()) {
        const answer = await query(expr);
        expect(answer, expr).toMatchObject({ status: "success" });
        expect(answer?.data?.result?.length, expr).toBeGreaterThan(0);
      }
      const rules = await prometheus.waitFor("evaluation of all rules", async () => {
        const loaded = (await ask("rules"))?.data?.groups?.flatMap((group) => group.rules) ?? [];
        const done = loaded.length > 0 && loaded.every(({ health }) => health !== "unknown");
        return done ? loaded : null;
      });
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    } finally {
      await prometheus.stop();
      await page.close();
    }
  });
});

/** Of Prometheus' API, what is looked at. */
interface Answer {
  readonly status: string;
  readonly data?: {
    readonly result?: readonly unknown[];
    readonly groups?: readonly { readonly rules: readonly { readonly health: string }[] }[];
  };
}
