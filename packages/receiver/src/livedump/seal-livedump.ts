// Rows that livedump brought, sealed by the centre itself as a bundle of their site: from here on they
// are judged as what any site sends.

import {
  configurationHash,
  type Member,
  memberWriter,
  seal,
  type SealInput,
  type Signer,
} from "@siteferry/bundle";
import {
  type BundleIdentity,
  bundleTables,
  type Cell,
  limits,
  type SiteId,
  statesOnlyTables,
} from "@siteferry/model";
import type { Livedump } from "./read-livedump.ts";

export interface LivedumpEnvelope extends BundleIdentity {
  readonly recipient: SiteId;
  readonly createdMs: number;
  /** Of the configuration that came last; "" if none did. */
  readonly configurationHash: string;
}

export interface SealedLivedump {
  readonly bundle: Uint8Array<ArrayBuffer>;
  /** Of the configuration that came last now. */
  readonly configurationHash: string;
}

/** States become a keyframe of the configuration that came last. livedump tells of nothing else. */
export async function sealLivedump(
  livedump: Livedump,
  envelope: LivedumpEnvelope,
  signer: Signer,
): Promise<SealedLivedump> {
  const kind = livedump.kind === "states" ? "keyframe" : "config";
  const members = membersOf(kind, livedump);
  const hash =
    kind === "config"
      ? configurationHash(members)
      : envelope.configurationHash || configurationHash(membersOf("config", null));
  const input: SealInput = {
    ...envelope,
    kind,
    configurationHash: hash,
    expiresMs: envelope.createdMs + limits.bundleLifetimeMs,
    source: { program_version: "livedump", livestatus_version: "" },
    members,
  };
  const bundle = Uint8Array.from(await seal(input, signer));
  return { bundle, configurationHash: kind === "config" ? hash : envelope.configurationHash };
}

function membersOf(kind: "config" | "keyframe", livedump: Livedump | null): readonly Member[] {
  const tables = kind === "config" ? bundleTables.config : statesOnlyTables.keyframe;
  return tables.map((table) => {
    const writer = memberWriter(table);
    const names = Object.keys(table.columns);
    for (const row of rowsOf(table.source, livedump)) writer.add(names.map((name) => row[name]!));
    return writer.finish();
  });
}

type AnyRow = Readonly<Record<string, Cell>>;

function rowsOf(source: string, livedump: Livedump | null): readonly AnyRow[] {
  const rows =
    source === "hosts" ? livedump?.hosts : source === "services" ? livedump?.services : [];
  return (rows ?? []) as unknown as readonly AnyRow[];
}
