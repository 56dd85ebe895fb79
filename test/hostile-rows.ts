// Bundles of a site whose key is good and whose rows are not: whatever the format can express, it
// seals.

import {
  configurationHash,
  generateKey,
  loadSigner,
  type Member,
  memberWriter,
  seal,
  type Signer,
} from "@siteferry/bundle";
import {
  type AnyTable,
  bundleTables,
  type Cell,
  type ColumnKind,
  formatBundleName,
  type SiteId,
} from "@siteferry/model";

/** Fields by column; what is left out is as a fine object has it. */
export type Row = Readonly<Record<string, Cell>>;
export type Rows = Readonly<Record<string, readonly Row[]>>;

export interface SealedFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** Seals what it is given, one number after the other. */
export class HostileSite {
  readonly signersLine: string;
  readonly #site: SiteId;
  readonly #signer: Signer;
  readonly #epoch: number = Math.floor(Date.now() / 1000);
  #sequence = 0;
  #configurationHash = "0".repeat(64);

  private constructor(site: string, publicLine: string, signer: Signer) {
    this.#site = site as SiteId;
    this.#signer = signer;
    this.signersLine = `${site} namespaces="siteferry" ${publicLine}\n`;
  }

  static async make(site: string): Promise<HostileSite> {
    const { privateKey, publicLine } = await generateKey(site);
    return new HostileSite(site, publicLine, await loadSigner(privateKey, site));
  }

  async configuration(rows: Rows): Promise<SealedFile> {
    const members = bundleTables.config.map((table) => memberOf(table, rows[table.name] ?? []));
    this.#configurationHash = configurationHash(members);
    return await this.#seal("config", members);
  }

  async states(rows: Rows): Promise<SealedFile> {
    const members = bundleTables.keyframe.map((table) => memberOf(table, rows[table.name] ?? []));
    return await this.#seal("keyframe", members);
  }

  /** `line` stands where the only row of `service_states` belongs. */
  async rawState(line: Uint8Array): Promise<SealedFile> {
    const [hosts, services, ...others] = bundleTables.keyframe.map((table) => memberOf(table, []));
    const chunks = [...services!.chunks, line, Buffer.from("\n")];
    const sizeBytes = chunks.reduce((sum, { length }) => sum + length, 0);
    const only = { ...services!, rows: 1, sizeBytes, chunks };
    return await this.#seal("keyframe", [hosts!, only, ...others]);
  }

  async #seal(kind: "config" | "keyframe", members: readonly Member[]): Promise<SealedFile> {
    this.#sequence += 1;
    const identity = { site: this.#site, epoch: this.#epoch, sequence: this.#sequence };
    const content = await seal(
      {
        ...identity,
        kind,
        recipient: "central" as SiteId,
        createdMs: Date.now(),
        expiresMs: 0,
        configurationHash: this.#configurationHash,
        source: { program_version: "1.0", livestatus_version: "1.0" },
        members,
      },
      this.#signer,
    );
    return { name: formatBundleName({ ...identity, kind }), content };
  }
}

function memberOf(table: AnyTable, rows: readonly Row[]): Member {
  const writer = memberWriter(table);
  for (const row of rows) writer.add(cellsOf(table, row));
  return writer.finish();
}

/** A row in the order of its table's columns, as `rawState` needs it as well. */
export function cellsOf(table: AnyTable, row: Row): Cell[] {
  return Object.entries(table.columns).map(
    ([column, kind]) => row[column] ?? usual[column] ?? blankOf(kind),
  );
}

const usual: Row = {
  max_check_attempts: 1,
  has_been_checked: 1,
  state_type: 1,
  current_attempt: 1,
  entry_type: 1,
};

function blankOf(kind: ColumnKind): Cell {
  if (kind.endsWith("?")) return null;
  if (kind === "event") return "alert";
  if (kind === "list" || kind === "pairs") return [];
  return kind === "text" ? "" : 0;
}
