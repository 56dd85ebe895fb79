// What a hostile site may seal with its own key: a bundle in another site's name, or one that speaks
// for hosts which aren't its own.

import { configurationHash, memberWriter, seal } from "@siteferry/bundle";
import {
  type AnyTable,
  bundleTables,
  type Cell,
  type ColumnKind,
  formatBundleName,
  type SiteId,
} from "@siteferry/model";
import { centreId } from "./agents.ts";
import type { Keys } from "./keys.ts";

export interface Forgery {
  readonly by: SiteId;
  readonly claims: SiteId;
  readonly host: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly createdMs: number;
}

/** A keyframe with one host. */
export async function forge(
  keys: Keys,
  { by, claims, host, epoch, sequence, createdMs }: Forgery,
): Promise<{ readonly name: string; readonly content: Uint8Array }> {
  const identity = { site: claims, epoch, sequence, kind: "keyframe" } as const;
  const members = bundleTables.keyframe.map((table) => {
    const writer = memberWriter(table);
    if (table.name === "host_states") writer.add(row(table, host, Math.floor(createdMs / 1000)));
    return writer.finish();
  });
  const content = await seal(
    {
      ...identity,
      recipient: centreId,
      createdMs,
      expiresMs: 0,
      configurationHash: configurationHash(members),
      source: { program_version: "4", livestatus_version: "1" },
      members,
    },
    keys.signers.get(by)!,
  );
  return { name: formatBundleName(identity), content };
}

function row(table: AnyTable, host: string, time: number): Cell[] {
  const cell = (kind: ColumnKind): Cell => {
    if (kind === "host") return host;
    if (kind === "time") return time;
    if (kind.startsWith("text")) return "";
    return kind.endsWith("?") ? null : 1;
  };
  return Object.values(table.columns).map(cell);
}
