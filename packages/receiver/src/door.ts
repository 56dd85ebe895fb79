// The door, for links that speak to the centre: a bundle is verified as far as that goes without opening
// it, made durable, and acknowledged. The receiver's next run takes it in from here like any other.
// Several processes may stand at it at once, beside the daemon; only what counts and stores a site's
// arrivals is alone.

import { type BundleHeader, makeReceipt, type Signer, verify } from "@siteferry/bundle";
import { type Arrival, Busy, type Door } from "@siteferry/carry/contract";
import { FerryError, limits, Refusal, type SiteId, type World } from "@siteferry/model";
import { isTemporaryName, publishByRename } from "@siteferry/spool";
import { arrivalName, arrivalsDirectory, parseArrivalName } from "./arrivals.ts";
import type { Opening } from "./opening.ts";
import type { ReceiverSettings } from "./settings.ts";

export interface Doorway extends Pick<Opening, "spool" | "freeSpace"> {
  readonly world: World;
  readonly settings: ReceiverSettings;
  /** Signs the receipts; null: only sites that get none may come. */
  readonly signer: Signer | null;
  /** Read anew for each arrival. */
  readKeys(): Promise<Pick<Opening, "signers" | "revoked">>;
  /** Does `work` while nobody else stores anything of this site, in whatever process. @throws Busy */
  alone(site: SiteId, work: () => Promise<void>): Promise<void>;
}

/** Beside the arrivals, on the same file system. */
const writingDirectory = "door";

export function openDoor(doorway: Doorway): Door {
  return async (arrival) => {
    const header = await admit(doorway, arrival);
    const { oneWay } = doorway.settings.sites[header.site]!;
    const signer = oneWay ? null : receiptSigner(doorway);
    await store(doorway, header, arrival.content);
    return signer && makeReceipt(arrival.content, signer, doorway.world.clock.now());
  };
}

/** For what nobody waits to be told of: the same without a receipt. Returns whether `isOfUse` said so. */
export async function letIn(
  doorway: Doorway,
  arrival: Arrival,
  isOfUse: (header: BundleHeader) => Promise<boolean> = async () => true,
): Promise<boolean> {
  const header = await admit(doorway, arrival);
  if (!(await isOfUse(header))) return false;
  await store(doorway, header, arrival.content);
  return true;
}

/** Steps 1 to 7 of the order of trust, so that nobody unknown fills the disk. */
async function admit(
  { world, settings: { centre, sites }, readKeys }: Doorway,
  { content, site }: Arrival,
): Promise<BundleHeader> {
  const link = site === null ? {} : { siteOfTransport: site };
  const nowMs = world.clock.now();
  const { header } = await verify(content, { centre, nowMs, ...(await readKeys()), ...link });
  if (Object.hasOwn(sites, header.site)) return header;
  throw new Refusal(
    "site-unknown",
    `The site ${header.site} isn't in the receiver's configuration`,
  );
}

function receiptSigner({ signer }: Doorway): Signer {
  if (signer !== null) return signer;
  throw new FerryError("key-unusable", "receiver.yaml names no key: receipts can't be signed");
}

async function checkRoom(
  { world, spool, freeSpace }: Doorway,
  { site }: BundleHeader,
): Promise<void> {
  if ((await freeSpace()) < limits.freeSpaceMin)
    throw new Busy("The centre's disk is nearly full", null);
  const waiting = await world.files.list(`${spool}/${arrivalsDirectory}`);
  const ofSite = waiting.filter((name) => parseArrivalName(name)?.site === site).length;
  if (ofSite >= limits.arrivalsPerSiteMax) {
    throw new Busy(`${ofSite} bundles of ${site} wait for the receiver's next run`, null);
  }
}

async function store(doorway: Doorway, header: BundleHeader, content: Uint8Array): Promise<void> {
  const { spool, world } = doorway;
  const publication = {
    temporaryDirectory: `${spool}/${writingDirectory}`,
    directory: `${spool}/${arrivalsDirectory}`,
    name: arrivalName(header, content),
    content,
  };
  await doorway.alone(header.site, async () => {
    await checkRoom(doorway, header);
    await publishByRename(world.files, world.random, publication);
  });
}

/** Makes the directories, and takes away what processes left that died while they wrote. */
export async function openDoorDirectories({ files, clock }: World, spool: string): Promise<void> {
  await files.makeDirectory(`${spool}/${arrivalsDirectory}`, 0o700);
  const writing = `${spool}/${writingDirectory}`;
  await files.makeDirectory(writing, 0o700);
  for (const name of (await files.list(writing)).filter(isTemporaryName)) {
    const status = await files.status(`${writing}/${name}`);
    const isOld = status !== null && status.modifiedMs < clock.now() - leftoverMs;
    if (isOld) await files.unlink(`${writing}/${name}`);
  }
}

const leftoverMs = 3_600_000;
