// Take in: from the transports into the inbox. Nothing is looked at here beyond what is needed to
// store it; a file leaves its transport only when the inbox has it durably.

import {
  TakenByAnother,
  type IncomingFile,
  type ReceivingTransport,
} from "@siteferry/carry/contract";
import {
  errorFields,
  explain,
  FerryError,
  limits,
  parseBundleName,
  systemCode,
  type World,
} from "@siteferry/model";
import { publish } from "@siteferry/spool";
import { type InboxEntry, inboxName, listInbox } from "./inbox.ts";
import type { Opening } from "./opening.ts";

export interface TakenIn {
  taken: number;
  /** Files that are no plain files of a permitted size; they were removed. */
  unsuitable: number;
  /** Files that were offered and then gone: another receiver works on the same link. */
  gone: number;
  /** Files and transports that failed; the next run tries again. */
  failed: number;
}

/** How a process takes in. In the daemon a slow transport may outlive a run. */
export class TakingIn {
  readonly running: Map<string, Promise<void>> = new Map();
  readonly patience: (work: Promise<unknown>) => Promise<unknown>;

  /** @param patience waits for the transports, as long as a run may. */
  constructor(patience: TakingIn["patience"] = (work) => work) {
    this.patience = patience;
  }
}

/** From all transports at once: one that hangs or fails keeps no other waiting. */
export async function takeIn(
  opening: Pick<Opening, "world" | "spool" | "freeSpace">,
  transports: readonly ReceivingTransport[],
  { running, patience }: TakingIn = new TakingIn(),
): Promise<TakenIn> {
  const { world, spool, freeSpace } = opening;
  const counts: TakenIn = { taken: 0, unsuitable: 0, gone: 0, failed: 0 };
  const free = await freeSpace();
  if (free < limits.freeSpaceMin) {
    const share = `${(100 * free).toFixed(1)} %`;
    const failure = new FerryError("disk-nearly-full", `Of the disk of ${spool} ${share} are free`);
    world.log.error(errorFields(failure), "Nothing is taken in");
    return { ...counts, failed: 1 };
  }
  const waiting = countBySite(await listInbox(world, spool));
  for (const transport of transports) {
    const { name } = transport;
    if (running.has(name)) continue;
    const work = takeFrom(opening, transport, waiting, counts).catch((error: unknown) => {
      counts.failed += 1;
      world.log.error(errorFields(explain(error, `Receiving through ${name}`)), `${name} failed`);
    });
    running.set(
      name,
      work.finally(() => running.delete(name)),
    );
  }
  await patience(Promise.all(running.values()));
  return counts;
}

async function takeFrom(
  { world, spool }: Pick<Opening, "world" | "spool">,
  transport: ReceivingTransport,
  waiting: Map<string, number>,
  counts: TakenIn,
): Promise<void> {
  for (const file of await transport.incoming(limits.filesPerPassMax)) {
    const site = file.site ?? parseBundleName(file.name)?.site ?? "";
    const already = waiting.get(site) ?? 0;
    // What can't be opened fast enough, or at all, waits at its source.
    if (already >= limits.filesPerPassMax) continue;
    waiting.set(site, already + 1);
    counts[await takeFile(world, spool, file)] += 1;
  }
}

function countBySite(entries: readonly InboxEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, siteOfTransport } of entries) {
    const site = siteOfTransport ?? parseBundleName(name)?.site ?? "";
    counts.set(site, (counts.get(site) ?? 0) + 1);
  }
  return counts;
}

/**
 * A file that can't be read or removed stays where it is, and doesn't keep those behind it waiting:
 * anybody who may write into a directory can put such a one there.
 */
async function takeFile(world: World, spool: string, file: IncomingFile): Promise<keyof TakenIn> {
  const { files, random, log } = world;
  let content: Uint8Array | null = null;
  try {
    content = await file.read();
  } catch (error) {
    // A name that isn't UTF-8 can't be opened by what was read of it; that one is still there.
    const isMissing = systemCode(error) === "ENOENT" && !file.name.includes("\u{fffd}");
    if (isMissing || error instanceof TakenByAnother) {
      log.info({}, `${file.from} is gone: somebody else took it`);
      return "gone";
    }
    const failure = explain(error, `Reading ${file.from}`);
    log.error(errorFields(failure), `${file.from} isn't taken`);
    if (failure.code !== "file-unsuitable") return "failed";
  }
  if (content !== null) {
    const name = inboxName(file.name, file.site, content);
    const directories = { temporaryDirectory: `${spool}/tmp`, directory: `${spool}/inbox` };
    await publish(files, random, { ...directories, name, content });
  }
  try {
    await file.remove();
  } catch (error) {
    log.error(errorFields(explain(error, `Removing ${file.from}`)), `${file.from} stays`);
    return "failed";
  }
  return content === null ? "unsuitable" : "taken";
}
