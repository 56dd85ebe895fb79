// The receiver's mirror of a site, read from outside: from the record and the bundles that it names,
// through the same order of trust.

import {
  applyDelta,
  type BundleHeader,
  type OpenedBundle,
  readHeader,
  type SignerList,
  unpack,
  verify,
} from "@siteferry/bundle";
import { type FileSystem, formatBundleName, type SiteId, type States } from "@siteferry/model";
import { readState } from "@siteferry/spool";
import { centreId } from "./agents.ts";
import { objectKey } from "./object-key.ts";
import { configurationShape, statesShape } from "./site.ts";

/** A bundle's place in the order of its site. */
export interface Place {
  readonly epoch: number;
  readonly sequence: number;
}

export interface Mirror {
  readonly mark: Place;
  /** Of the newest configuration and keyframe. */
  readonly config: Place | null;
  readonly keyframe: Place | null;
  /** As the site's own `configurations` and `states` have them. */
  readonly configuration: string | null;
  readonly states: string | null;
}

interface SiteRecord {
  readonly mark: Mirror["mark"];
  readonly config: BundleHeader | null;
  readonly keyframe: BundleHeader | null;
  readonly delta: BundleHeader | null;
}

/** Opens each bundle once in a run, which is what costs time. */
export class MirrorReader {
  readonly #opened = new Map<string, OpenedBundle>();
  readonly #signers: SignerList;

  constructor(signers: SignerList) {
    this.#signers = signers;
  }

  /** Null: nothing was taken in from the site yet. */
  async read(files: FileSystem, spool: string, site: SiteId): Promise<Mirror | null> {
    const directory = `${spool}/sites/${site}`;
    const state = await readState(files, directory, "record");
    if (state === null) return null;
    const record = JSON.parse(Buffer.from(state.content).toString()) as SiteRecord;
    const open = async (header: BundleHeader | null): Promise<OpenedBundle | null> =>
      header === null ? null : await this.#open(files, `${directory}/${formatBundleName(header)}`);
    const config = await open(record.config);
    const keyframe = await open(record.keyframe);
    const delta = await open(record.delta);
    return {
      mark: record.mark,
      config: record.config,
      keyframe: record.keyframe,
      configuration: config?.kind === "config" ? shapeOfConfiguration(config) : null,
      states:
        keyframe?.kind !== "keyframe"
          ? null
          : shapeOfStates(delta?.kind === "delta" ? applyDelta(keyframe, delta) : keyframe.states),
    };
  }

  async #open(files: FileSystem, path: string): Promise<OpenedBundle> {
    const bytes = await files.read(path, 1e9, { trusted: true });
    const { payloadHash, createdMs: nowMs } = readHeader(bytes).unverified;
    const known = this.#opened.get(payloadHash);
    if (known !== undefined) return known;
    const trust = { centre: centreId, signers: this.#signers, nowMs };
    const bundle = await unpack(await verify(bytes, trust));
    this.#opened.set(payloadHash, bundle);
    return bundle;
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

function shapeOfStates({ hosts, services }: States): string {
  const shape = (
    key: string,
    row: (typeof hosts)[number] | (typeof services)[number],
  ): [string, ...(string | number)[]] => {
    const times = [row.has_been_checked, row.state, row.last_check, row.last_state_change];
    return [key, ...times, row.latency, row.plugin_output, row.long_plugin_output, row.perf_data];
  };
  return statesShape([
    ...hosts.map((row) => shape(row.name, row)),
    ...services.map((row) => shape(objectKey(row.host_name, row.description), row)),
  ]);
}
