// The core itself: it answers, as what it says it is, and has something to carry.

import { type Check, type Finding, ok, skipped, warning } from "@siteferry/agent";
import { parseHeaderLine } from "@siteferry/livestatus";
import { printable } from "@siteferry/model";
import type { SenderSubject } from "./subject.ts";

export const core: Check<SenderSubject> = {
  name: "core",
  async run({ settings, connect, openSite }) {
    if (settings.livestatus === undefined) return [skipped("exec dumps the site, not Livestatus")];
    const client = await connect();
    try {
      // It knows the tables and columns, or says which are missing.
      const { versions } = await openSite(client);
      const { flavour, program_version: version, livestatus_version: livestatus } = versions;
      const what = `${flavour} ${printable(version, 40)}, Livestatus ${printable(livestatus, 40)}, answers`;
      return [ok(what), await count(client, settings.filters)];
    } finally {
      await client.close();
    }
  },
};

async function count(
  client: Awaited<ReturnType<SenderSubject["connect"]>>,
  filters: SenderSubject["settings"]["filters"],
): Promise<Finding> {
  const numberOf = async (table: "hosts" | "services"): Promise<number> => {
    const headers = filters[table].map(parseHeaderLine);
    const query = { table, columns: [], stats: ["state >= 0"], headers };
    let number = Number.NaN;
    for await (const [row] of client.rows(query)) number = Number(row?.[0]);
    return number;
  };
  const hosts = await numberOf("hosts");
  const services = await numberOf("services");
  const chosen =
    filters.hosts.length + filters.services.length > 0 ? " that the filters choose" : "";
  const what = `${hosts} hosts and ${services} services${chosen}`;
  if (hosts > 0) return ok(what);
  return warning(what, "Nothing would travel: look at the filters, and at the core's objects.");
}
