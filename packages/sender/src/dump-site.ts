// collect: the site's tables through Livestatus, as the members of two bundles. Rows become bytes
// as they arrive, so memory holds the encoded site once and nothing else.

import { type Member, type MemberWriter, memberWriter } from "@siteferry/bundle";
import { openSite, type Site, type SiteOptions, type SourceVersions } from "@siteferry/collect";
import type { LivestatusClient } from "@siteferry/livestatus";
import {
  type AnyTable,
  bundleTables,
  type Cells,
  errorFields,
  eventTable,
  FerryError,
  limits,
  printable,
  type Seconds,
} from "@siteferry/model";

/** One dump: all of it belongs together, from one life of the core. */
export interface SiteDump {
  readonly versions: SourceVersions;
  readonly configuration: readonly Member[];
  readonly states: readonly Member[];
  /** Rows that were left out because of their name, shape or length; the first ten were logged. */
  readonly rowsRefused: number;
  /** Older events, beyond what a bundle may have. */
  readonly eventsLeftOut: number;
  /** 1 if the core's log couldn't be read: the dump is good without it. */
  readonly eventsUnread: 0 | 1;
}

export interface DumpOptions extends SiteOptions {
  /** From when on events are wanted, with this configuration; null: not at all. */
  eventsSince(configuration: readonly Member[]): Seconds | null;
}

const attemptsMax = 3;

/**
 * Dumps the site. A dump during which the core restarted or lost objects mixes two configurations: it is thrown
 * away and taken again, three times at most.
 */
export async function dumpSite(
  connect: () => Promise<LivestatusClient>,
  options: DumpOptions,
): Promise<SiteDump> {
  for (let attempt = 1; ; attempt++) {
    const client = await connect();
    try {
      const site = await openSite(client, options);
      const configuration = await readMembers(site, bundleTables.config);
      const tables = bundleTables.keyframe.filter((table) => table !== eventTable);
      const states = await readMembers(site, tables);
      await site.confirm();
      // Last: whatever becomes of the connection in this, the dump is complete.
      const { member, ...counts } = await readEvents(site, options, configuration);
      return {
        versions: site.versions,
        configuration,
        states: [...states, member],
        rowsRefused: site.rowsRefused,
        ...counts,
      };
    } catch (error) {
      const restarted = error instanceof FerryError && error.code === "core-restarting";
      if (!restarted || attempt === attemptsMax) throw error;
      options.log.info({ attempt }, `${error.message}; the dump is taken again`);
    } finally {
      await client.close();
    }
  }
}

async function readMembers(site: Site, tables: readonly AnyTable[]): Promise<Member[]> {
  const members: Member[] = [];
  for (const table of tables) {
    const writer = memberWriter(table);
    for await (const batch of site.read(table)) {
      for (const cells of batch) addOrRefuse(site, table, writer, cells);
    }
    members.push(writer.finish());
  }
  return members;
}

/** One host with endless lists mustn't keep its site from travelling. */
function addOrRefuse(site: Site, table: AnyTable, writer: MemberWriter, cells: Cells): void {
  try {
    writer.add(cells);
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    const name = printable(cells.slice(0, table.key).join(" "));
    const problem = `is over ${limits.recordBytesMax} bytes, also with its texts cut`;
    site.refuse(table.source, `"${name}"`, problem);
  }
}

async function readEvents(
  site: Site,
  { log, eventsSince }: DumpOptions,
  configuration: readonly Member[],
): Promise<{ member: Member } & Pick<SiteDump, "eventsLeftOut" | "eventsUnread">> {
  const writer = memberWriter(eventTable);
  const since = eventsSince(configuration);
  try {
    const { rows, leftOut } =
      since === null ? { rows: [], leftOut: 0 } : await site.readEvents(since);
    for (const cells of rows) writer.add(cells);
    if (leftOut > 0)
      log.warn({ leftOut }, `${leftOut} older events of the core's log don't travel`);
    return { member: writer.finish(), eventsLeftOut: leftOut, eventsUnread: 0 };
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    log.warn(errorFields(error), `The core's log can't be read: ${error.message}`);
    return { member: writer.finish(), eventsLeftOut: 0, eventsUnread: 1 };
  }
}
