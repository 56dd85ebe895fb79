// The two agents as they really are, `send` and `receive`, each on a simulated machine.

import type { Signer, SignerList } from "@siteferry/bundle";
import type { SiteId } from "@siteferry/model";
import {
  type BundleCache,
  receive,
  receiverSchema,
  type ReceiverSettings,
} from "@siteferry/receiver";
import { send, senderSchema, type SenderSettings, shipOnce } from "@siteferry/sender";
import { cachePath, objectsPath, resultsPath } from "./core.ts";
import type { Fate } from "./life.ts";
import type { Link } from "./link.ts";
import type { Ending, Machine } from "./machine.ts";
import { connectToSite, type SiteTroubles } from "./site-client.ts";
import type { Site } from "./site.ts";

export const centreId: SiteId = "central" as SiteId;
export const siteIds: readonly SiteId[] = [
  "alpha",
  "beta",
  "gamma",
] as readonly string[] as SiteId[];
const spool = "/spool";
export const senderSpool: string = `${spool}/sender`;
export const receiverSpool: string = `${spool}/receiver`;
export const keyframeMs = 3600_000;

/** The first site's hosts keep their names; all sites call theirs the same. */
export function prefixOf(site: SiteId): string {
  return site === siteIds[0] ? "" : `${site}.`;
}

const unused = {
  livestatus: "unix:/unused",
  key: "/unused",
  transports: [{ drop: { dir: "/unused" } }],
};
const senderSettings = new Map<SiteId, SenderSettings>(
  siteIds.map((site) => [site, senderSchema.parse({ site, centre: centreId, ...unused })]),
);

/** The sites in `encrypting` send nothing in clear, and the centre takes nothing in clear from them. */
export function receiverSettings(encrypting: ReadonlySet<SiteId>): ReceiverSettings {
  return receiverSchema.parse({
    centre: centreId,
    spool,
    allowedSigners: "/unused",
    sites: Object.fromEntries(
      siteIds.map((site) => {
        const prefix = prefixOf(site);
        const objects = { autoApprove: true };
        // Corrected times are none that the witness could find at the site.
        const clock = "keep";
        return [
          site,
          { owns: ["host-*"], prefix, encrypted: encrypting.has(site), clock, objects },
        ];
      }),
    ),
    transports: unused.transports,
    targets: [
      { checkresults: { dir: resultsPath, core: "nagios", objectCache: cachePath } },
      { objects: { dir: objectsPath, core: "nagios" } },
    ],
  });
}

export interface SenderRun {
  readonly machine: Machine;
  readonly site: Site;
  readonly link: Link;
  readonly signer: Signer;
  readonly troubles: SiteTroubles;
  readonly encryptTo: readonly string[];
}

export async function runSender(run: SenderRun, fate: Fate): Promise<Ending> {
  const { machine, site, link, signer, troubles, encryptTo } = run;
  const seconds = (): number => Math.floor(machine.nowMs() / 1000);
  return await machine.live(fate, async (world, life) => {
    await world.files.makeDirectory(senderSpool, 0o700);
    const report = await send({
      world,
      settings: { ...senderSettings.get(site.id)!, encryptTo },
      spool: senderSpool,
      signer,
      life: `${machine.name} ${machine.boots}`,
      connect: () => connectToSite(site, troubles, machine.dice, life, seconds),
      shipping: shipOnce([link.sender(life)]),
    });
    const sealed = report.sealed.map(({ name }) => name.slice(-34)).join(" ");
    return `sealed ${sealed}, shipped ${report.shipped}, waiting ${report.waiting}`;
  });
}

export interface ReceiverRun {
  readonly machine: Machine;
  readonly settings: ReceiverSettings;
  readonly links: readonly Link[];
  readonly signers: SignerList;
  readonly identities: readonly string[];
  /** The daemon's; a process that begins has an empty one. */
  readonly cache: BundleCache;
}

/** The core here loads its objects when chance says so: nobody tells it to. */
const untold = (): never => {
  throw new Error("nothing is activated in the simulation");
};
const noCore = { run: untold, answers: untold, command: untold, wait: untold };

/** `onReport` hears how much failed in a run that came to its end. */
export async function runReceiver(
  { machine, settings, links, signers, identities, cache }: ReceiverRun,
  fate: Fate,
  onReport: (failed: number) => void,
): Promise<Ending> {
  return await machine.live(fate, async (world, life) => {
    await world.files.makeDirectory(receiverSpool, 0o700);
    const report = await receive({
      world,
      settings,
      spool: receiverSpool,
      signers,
      revoked: new Set(),
      identities,
      cache,
      // By chance nobody looks, so that it runs into the end of the disk as well.
      freeSpace: async () => (machine.dice.falls(0.5) ? 1 : machine.disk.freeShare()),
      transports: links.map((link) => link.receiver(life)),
      core: noCore,
      groupId: async () => null,
    });
    if (!life.dead) onReport(report.failed);
    return Object.entries(report)
      .filter(([, count]) => count !== 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  });
}
