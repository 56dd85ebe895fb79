// The bundles of 200 small sites, sealed before anything is measured.

import { rm } from "node:fs/promises";
import {
  configurationHash,
  generateKey,
  loadSigner,
  makeDelta,
  readBase,
  type SealInput,
  sealWithBase,
  type Signer,
} from "@siteferry/bundle";
import { connect, parseAddress, serve } from "@siteferry/livestatus";
import { type BundleKind, formatBundleName, parseSiteId, type SiteId } from "@siteferry/model";
import { dumpSite, type SiteDump } from "@siteferry/sender";
import { makeFakeSite } from "@siteferry/testkit";

const hosts = 25;
const servicesPerHost = 20;
/** Of one site: hosts and services, and how many of them are checked again in a minute. */
export const objectsPerSite: number = hosts + hosts * servicesPerHost;
export const changesPerSite: number = objectsPerSite / 5;

export interface Parcel {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface FleetSite {
  readonly site: SiteId;
  /** For allowed_signers. */
  readonly signerLine: string;
  readonly config: Parcel;
  readonly keyframe: Parcel;
  /** One a minute, each with a fifth of the checks against the keyframe. */
  readonly deltas: readonly Parcel[];
}

/** `directory` takes the site's socket; `number` makes the site another than the others. */
export async function makeFleetSite(
  directory: string,
  number: number,
  minutes: number,
): Promise<FleetSite> {
  const site = parseSiteId(`site${String(number).padStart(3, "0")}`)!;
  const { privateKey, publicLine } = await generateKey(site);
  const signer = await loadSigner(privateKey, site);
  const now = await dumpAfter(directory, number, 0);
  const hash = configurationHash(now.configuration);
  const config = { kind: "config", members: now.configuration } as const;
  const keyframe = { kind: "keyframe", members: now.states, configurationHash: hash } as const;
  const whole = await sealWithBase({ ...commonFields(site, 2), ...keyframe }, signer);
  const base = await readBase(whole.base);
  const deltas: Parcel[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const { states } = await dumpAfter(directory, number, minute);
    const { members } = makeDelta(base.members, states);
    const delta = { kind: "delta", base: base.header, members } as const;
    deltas.push(await sealParcel({ ...commonFields(site, 2 + minute), ...delta }, signer));
  }
  return {
    site,
    signerLine: `${site} ${publicLine}`,
    config: await sealParcel({ ...commonFields(site, 1), ...config }, signer),
    keyframe: { name: nameOf(site, 2, "keyframe"), content: whole.bundle },
    deltas,
  };
}

const epoch = 1;

/** What all bundles of a site have in their headers. */
export function commonFields(site: SiteId, sequence: number): Omit<SealInput, "kind" | "members"> {
  return {
    site,
    recipient: parseSiteId("central")!,
    epoch,
    sequence,
    createdMs: Date.now(),
    expiresMs: 0,
    source: { program_version: "bench", livestatus_version: "bench" },
  };
}

/** Seals it under the name that it travels under. */
export async function sealParcel(input: SealInput, signer: Signer): Promise<Parcel> {
  const { bundle } = await sealWithBase(input, signer);
  return { name: nameOf(input.site, input.sequence, input.kind), content: bundle };
}

function nameOf(site: SiteId, sequence: number, kind: BundleKind): string {
  return formatBundleName({ site, epoch, sequence, kind });
}

/** So long ago that none of its checks lies in the future. */
const startMs = Date.now() - 600_000;

/** The same site each time, so that it is always the same fifth that was checked after `minute`. */
async function dumpAfter(directory: string, seed: number, minute: number): Promise<SiteDump> {
  let nowMs = startMs;
  const clock = { now: () => nowMs };
  const site = makeFakeSite({ hosts, servicesPerHost, seed, clock, allChecked: true });
  nowMs += minute * 60_000;
  if (minute > 0) site.tick();
  const address = parseAddress(`unix:${directory}/live`);
  const server = await serve(address, site.source, { flavour: "naemon" });
  const quiet = (): void => {};
  try {
    return await dumpSite(async () => await connect(address), {
      filters: { hosts: [], services: [] },
      flavour: "naemon",
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      eventsSince: () => Math.floor(nowMs / 1000) - 3600,
    });
  } finally {
    await server.close();
    await rm(`${directory}/live`, { force: true });
  }
}
