// A pretended site behind a livestatus server, and what a centre has to show of it.

import { type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { type FakeSite, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import type { Delivery } from "./core-model.ts";

/** A pretended site, served for any number of grounds. */
export interface ServedSite extends AsyncDisposable {
  readonly site: FakeSite;
  readonly address: string;
  /** Lets time pass and a fifth of the checks run. */
  tick(): void;
}

export async function serveSite(): Promise<ServedSite> {
  const directory = await makeTemporaryDirectory("site");
  let now = Date.now() - 3600_000;
  const site = makeFakeSite({ hosts: 6, servicesPerHost: 5, seed: 7, clock: { now: () => now } });
  const address = `unix:${directory.path}/live`;
  const options = { flavour: "naemon" } as const;
  const server: LivestatusServer = await serve(parseAddress(address), site.source, options);
  return {
    site,
    address,
    tick() {
      now += 60_000;
      site.tick();
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await directory.remove();
    },
  };
}

/** Of each object that was checked: the time and state of its check. */
export function truthOf(site: FakeSite): Map<string, Delivery> {
  const truth = new Map<string, Delivery>();
  const tables = site.source.tables();
  for (const [name, keys] of [
    ["hosts", ["name"]],
    ["services", ["host_name", "description"]],
  ] as const) {
    const table = tables[name]!;
    const columns = Object.keys(table.columns);
    const at = (row: readonly unknown[], column: string): unknown => row[columns.indexOf(column)];
    for (const row of table.rows()) {
      if (at(row, "has_been_checked") !== 1) continue;
      const [host = "", service = ""] = keys.map((key) => String(at(row, key)));
      const delivery = { time: Number(at(row, "last_check")), state: Number(at(row, "state")) };
      truth.set(`${host};${service}`, delivery);
    }
  }
  return truth;
}
