// A keyframe of a wanted size once it is sealed, under a new number each time.

import { randomBytes } from "node:crypto";
import { generateKey, loadSigner, memberWriter } from "@siteferry/bundle";
import { type AnyTable, bundleTables, type Cell, parseSiteId, type SiteId } from "@siteferry/model";
import { commonFields, type Parcel, sealParcel } from "./fleet-sites.ts";

export interface KeyframeMaker {
  readonly site: SiteId;
  readonly signerLine: string;
  next(): Promise<Parcel>;
}

/** Of one service. */
const outputCharacters = 32_000;
/** A character of base64 holds six bits, and compression finds that out. */
const sealedPerCharacter = 0.755;

/** @param sealedBytes about; none of it can be compressed further. */
export async function makeKeyframes(sealedBytes: number): Promise<KeyframeMaker> {
  const site = parseSiteId("remote1")!;
  const { privateKey, publicLine } = await generateKey(site);
  const signer = await loadSigner(privateKey, site);
  const [hostTable, serviceTable] = bundleTables.keyframe as [AnyTable, AnyTable];
  const hosts = memberWriter(hostTable);
  const services = memberWriter(serviceTable);
  hosts.add(cellsOf(hostTable, { name: "host" }));
  let missing = Math.round(sealedBytes / sealedPerCharacter);
  for (let number = 0; missing > 0; number++) {
    const characters = Math.min(missing, outputCharacters);
    const noise = randomBytes(characters).toString("base64").slice(0, characters);
    const key = { host_name: "host", description: `Noise ${number}` };
    services.add(cellsOf(serviceTable, { ...key, long_plugin_output: noise }));
    missing -= characters;
  }
  const members = [hosts.finish(), services.finish()];
  const fields = { kind: "keyframe", configurationHash: "0".repeat(64), members } as const;
  let sequence = 0;
  return {
    site,
    signerLine: `${site} ${publicLine}`,
    next: async () => await sealParcel({ ...commonFields(site, ++sequence), ...fields }, signer),
  };
}

/** An object that is well, checked ten minutes ago. */
function cellsOf({ columns }: AnyTable, given: Readonly<Record<string, Cell>>): Cell[] {
  const checked = Math.floor(Date.now() / 1000) - 600;
  const row: Readonly<Record<string, Cell>> = {
    has_been_checked: 1,
    state_type: 1,
    current_attempt: 1,
    last_check: checked,
    last_state_change: checked,
    ...given,
  };
  return Object.entries(columns).map(([name, kind]) => row[name] ?? (kind === "text" ? "" : 0));
}
