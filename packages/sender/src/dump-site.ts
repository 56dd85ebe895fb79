// collect: the site's tables through Livestatus, as the members of two bundles. Rows become bytes
// as they arrive, so memory holds the encoded site once and nothing else.

import { memberWriter, type Member } from "@siteferry/bundle";
import { openSite, type Site, type SiteOptions, type SourceVersions } from "@siteferry/collect";
import type { LivestatusClient } from "@siteferry/livestatus";
import { type AnyTable, bundleTables, FerryError } from "@siteferry/model";

/** One dump: all of it belongs together, from one life of the core. */
export interface SiteDump {
  readonly versions: SourceVersions;
  readonly configuration: readonly Member[];
  readonly states: readonly Member[];
  /** Rows that were left out because of their name or shape; each was logged. */
  readonly rowsRefused: number;
}

const attemptsMax = 3;

/**
 * Dumps the site. A dump during which the core restarted mixes two configurations: it is thrown
 * away and taken again, three times at most.
 */
export async function dumpSite(
  connect: () => Promise<LivestatusClient>,
  options: SiteOptions,
): Promise<SiteDump> {
  for (let attempt = 1; ; attempt++) {
    const client = await connect();
    try {
      const site = await openSite(client, options);
      const configuration = await readMembers(site, bundleTables.config);
      const states = await readMembers(site, bundleTables.keyframe);
      await site.confirm();
      return { versions: site.versions, configuration, states, rowsRefused: site.rowsRefused };
    } catch (error) {
      const restarted = error instanceof FerryError && error.code === "core-restarting";
      if (!restarted || attempt === attemptsMax) throw error;
      options.log.info({ attempt }, "The core restarted during the dump; taking it again");
    } finally {
      await client.close();
    }
  }
}

async function readMembers(site: Site, tables: readonly AnyTable[]): Promise<Member[]> {
  const members: Member[] = [];
  for (const table of tables) {
    const writer = memberWriter(table);
    for await (const batch of site.read(table)) for (const cells of batch) writer.add(cells);
    members.push(writer.finish());
  }
  return members;
}
