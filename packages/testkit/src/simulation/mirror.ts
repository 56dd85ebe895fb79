// The receiver's mirror of a site, read from outside: from the record and the bundles that it names,
// through the same order of trust.

import {
  applyDelta,
  type BundleHeader,
  type OpenedBundle,
  unpack,
  verify,
} from "@siteferry/bundle";
import {
  type FileSystem,
  formatBundleName,
  type SiteComment,
  type SiteDowntime,
  type SiteId,
  type States,
} from "@siteferry/model";
import type { BundleCache } from "@siteferry/receiver";
import { readState } from "@siteferry/spool";
import { centreId, receiverSpool } from "./agents.ts";
import type { MemoryDisk } from "./disk.ts";
import { type Keys, signerList } from "./keys.ts";
import { objectKey } from "./object-key.ts";
import type { Place } from "./place.ts";
import { configurationShape, statesShape } from "./site.ts";
import { contentHash, type Witness } from "./witness.ts";

export interface Mirror {
  readonly mark: Place;
  /** Of the newest configuration and keyframe. */
  readonly config: Place | null;
  readonly keyframe: Place | null;
  /** As the site's own `configurations` and `states` have them. */
  readonly configuration: string | null;
  readonly states: string | null;
  /** As the site's `ran`: what is said to have happened, with the state that it led to. */
  readonly events: readonly { readonly identity: string; readonly state: number }[];
}

interface SiteRecord {
  readonly mark: Place;
  readonly config: BundleHeader | null;
  readonly keyframe: BundleHeader | null;
  readonly delta: BundleHeader | null;
}

/** As the disk shows it now; null: nothing was taken in from the site yet. */
export function peekRecord(disk: MemoryDisk, site: SiteId): SiteRecord | null {
  const directory = `${receiverSpool}/sites/${site}`;
  const content = disk.filesBelow(directory).get(`${directory}/record`)?.content;
  if (content === undefined) return null;
  // Behind its length and hash.
  const json = content.subarray(content.indexOf(0x0a) + 1);
  return JSON.parse(Buffer.from(json).toString()) as SiteRecord;
}

/** Opens each bundle once in a run, and only what the receiver hasn't just opened: that costs time. */
export class MirrorReader {
  /** By the hash of the file. */
  readonly #opened = new Map<string, OpenedBundle>();
  readonly #keys: Keys;
  readonly #witness: Witness;

  constructor(keys: Keys, witness: Witness) {
    this.#keys = keys;
    this.#witness = witness;
  }

  /** Null: nothing was taken in from the site yet. */
  async read(files: FileSystem, site: SiteId, cache: BundleCache): Promise<Mirror | null> {
    const directory = `${receiverSpool}/sites/${site}`;
    const kept = await readState(files, directory, "record");
    if (kept === null) return null;
    const record = JSON.parse(Buffer.from(kept.content).toString()) as SiteRecord;
    const open = async (header: BundleHeader | null): Promise<OpenedBundle | null> =>
      header === null
        ? null
        : await this.#open(files, `${directory}/${formatBundleName(header)}`, site, cache);
    const config = await open(record.config);
    const keyframe = await open(record.keyframe);
    const delta = await open(record.delta);
    const states =
      keyframe?.kind !== "keyframe"
        ? null
        : delta?.kind === "delta"
          ? applyDelta(keyframe, delta)
          : keyframe.states;
    return {
      mark: record.mark,
      config: record.config,
      keyframe: record.keyframe,
      configuration: config?.kind === "config" ? shapeOfConfiguration(config) : null,
      states: states && shapeOfStates(states),
      events: (states?.events ?? []).map(({ host_name: host, description, time, state }) => {
        return { identity: `${objectKey(host, description ?? "")}@${time}`, state };
      }),
    };
  }

  async #open(
    files: FileSystem,
    path: string,
    site: SiteId,
    cache: BundleCache,
  ): Promise<OpenedBundle> {
    const bytes = await files.read(path, 1e9, { trusted: true });
    const hash = contentHash(bytes);
    const known = this.#opened.get(hash);
    if (known !== undefined) return known;
    const origin = this.#witness.originOf(bytes);
    if (origin?.kind !== "honest" || origin.header.site !== site) {
      throw new Error(`${path} isn't what ${site} ever sealed`);
    }
    const { header } = origin;
    const bundle =
      (header.kind === "verbatim" ? null : cache.get(site, header.kind, header.payloadHash)) ??
      (await this.#unpack(bytes, header));
    this.#opened.set(hash, bundle);
    return bundle;
  }

  async #unpack(bytes: Uint8Array, { createdMs: nowMs }: BundleHeader): Promise<OpenedBundle> {
    const signers = signerList(this.#keys, null);
    const envelope = await verify(bytes, { centre: centreId, signers, nowMs });
    return await unpack(envelope, { identities: this.#keys.identities });
  }
}

function shapeOfConfiguration({ configuration }: OpenedBundle & { kind: "config" }): string {
  const { hosts, services } = configuration;
  return configurationShape([
    ...hosts.map(({ name, alias }) => ({ object: objectKey(name, ""), alias })),
    ...services.map(({ host_name: host, description }) => {
      return { object: objectKey(host, description), alias: "" };
    }),
  ]);
}

/** By object. */
function wordsOf(rows: readonly (SiteComment | SiteDowntime)[]): ReadonlyMap<string, string> {
  return new Map(
    rows.map(({ id, host_name: host, description, comment }) => [
      objectKey(host, description ?? ""),
      `${id} ${comment}`,
    ]),
  );
}

function shapeOfStates({ hosts, services, annotations }: States): string {
  const said = wordsOf(annotations?.comments ?? []);
  const planned = wordsOf(annotations?.downtimes ?? []);
  const shape = (
    key: string,
    row: (typeof hosts)[number] | (typeof services)[number],
  ): [string, ...(string | number)[]] => {
    const times = [row.has_been_checked, row.state, row.last_check, row.last_state_change];
    const texts = [row.plugin_output, row.long_plugin_output, row.perf_data];
    return [key, ...times, row.latency, ...texts, said.get(key) ?? "", planned.get(key) ?? ""];
  };
  return statesShape([
    ...hosts.map((row) => shape(objectKey(row.name, ""), row)),
    ...services.map((row) => shape(objectKey(row.host_name, row.description), row)),
  ]);
}
