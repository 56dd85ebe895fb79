// Take in: from the transports into the inbox. Nothing is looked at here beyond what is needed to
// store it; a file leaves its transport only when the inbox has it durably.

import {
  accountOf,
  type IsKnown,
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
  type SiteId,
  systemCode,
} from "@siteferry/model";
import { publish } from "@siteferry/spool";
import { inboxName, listInbox } from "./inbox.ts";
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

export function noneTaken(): TakenIn {
  return { taken: 0, unsuitable: 0, gone: 0, failed: 0 };
}

/** How a process takes in. A slow transport may outlive a run. */
export class TakingIn {
  readonly running: Map<string, Promise<void>> = new Map();
  readonly patience: (work: Promise<unknown>) => Promise<unknown>;
  readonly isLate: () => boolean;
  #counts: TakenIn = noneTaken();
  #isEnding = false;

  /**
   * @param patience waits for the transports, as long as a run may.
   * @param isLate that no other file is begun; the one under way is read to its end.
   */
  constructor(
    patience: TakingIn["patience"] = (work) => work,
    isLate: TakingIn["isLate"] = () => false,
  ) {
    this.patience = patience;
    this.isLate = isLate;
  }

  count(what: keyof TakenIn): void {
    this.#counts[what] += 1;
  }

  /** Since the last time: also what came of a transport after its run had stopped waiting for it. */
  takeCounts(): TakenIn {
    const counts = this.#counts;
    this.#counts = noneTaken();
    return counts;
  }

  /** Something is under way, or came of it since the counts were taken. */
  get hasMore(): boolean {
    return this.running.size > 0 || Object.values(this.#counts).some((count) => count > 0);
  }

  /** The process ends: nothing new begins, and what breaks off now says nothing of its transport. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** When it returns, nothing is taken in any more. One that hangs and can't be closed keeps it waiting. */
  async end(transports: readonly Pick<ReceivingTransport, "close">[]): Promise<void> {
    this.#isEnding = true;
    await Promise.allSettled(transports.map((transport) => transport.close()));
    await Promise.allSettled(this.running.values());
  }
}

type From = Pick<Opening, "world" | "spool" | "freeSpace"> & {
  readonly settings: Pick<Opening["settings"], "sites">;
};

/** A run's taking in, from whatever transport. */
interface Pass extends From {
  readonly takingIn: TakingIn;
  readonly isKnown: IsKnown;
  /** Files that are in the inbox, by whose allowance they use up. */
  readonly waiting: Map<string, number>;
}

/** From all transports at once: one that hangs or fails keeps no other waiting. */
export async function takeIn(
  from: From,
  transports: readonly ReceivingTransport[],
  takingIn: TakingIn = new TakingIn(),
): Promise<TakenIn> {
  const { world, spool, freeSpace, settings } = from;
  const { running, patience } = takingIn;
  const free = await freeSpace();
  if (free < limits.freeSpaceMin) {
    const share = `${(100 * free).toFixed(1)} %`;
    const failure = new FerryError("disk-nearly-full", `Of the disk of ${spool} ${share} are free`);
    world.log.error(errorFields(failure), "Nothing is taken in");
    takingIn.count("failed");
    return takingIn.takeCounts();
  }
  const isKnown: IsKnown = (site) => Object.hasOwn(settings.sites, site);
  const waiting = new Map<string, number>();
  const pass: Pass = { ...from, takingIn, isKnown, waiting };
  for (const { name, siteOfTransport } of await listInbox(world, spool)) {
    wait(pass, name, siteOfTransport);
  }
  for (const transport of transports) {
    const { name } = transport;
    if (running.has(name) || takingIn.isEnding) continue;
    const work = takeFrom(pass, transport).catch((error: unknown) => {
      if (takingIn.isEnding) return;
      takingIn.count("failed");
      world.log.error(errorFields(explain(error, `Receiving through ${name}`)), `${name} failed`);
    });
    running.set(
      name,
      work.finally(() => running.delete(name)),
    );
  }
  await patience(Promise.all(running.values()));
  return takingIn.takeCounts();
}

async function takeFrom(pass: Pass, transport: ReceivingTransport): Promise<void> {
  const { takingIn, isKnown } = pass;
  const { progress, log } = pass.world;
  progress?.begin(`Taking in through ${transport.name}`);
  for (const file of await transport.incoming(limits.filesPerPassMax, isKnown)) {
    if (takingIn.isEnding) return;
    if (takingIn.isLate()) {
      log.warn({}, `${transport.name} is slow: what is left waits for the next run`);
      return;
    }
    // What can't be opened fast enough, or at all, waits at its source.
    if (wait(pass, file.name, file.site) > limits.filesPerPassMax) continue;
    takingIn.count(await takeFile(pass, file));
    progress?.add(1);
  }
}

/** How many of the same allowance wait, with this one. */
function wait({ waiting, isKnown }: Pass, name: string, siteOfTransport: SiteId | null): number {
  const account = accountOf(siteOfTransport ?? parseBundleName(name)?.site ?? null, isKnown);
  const count = (waiting.get(account) ?? 0) + 1;
  waiting.set(account, count);
  return count;
}

/**
 * A file that can't be read or removed stays where it is, and doesn't keep those behind it waiting:
 * anybody who may write into a directory can put such a one there.
 */
async function takeFile(
  { world, spool, takingIn }: Pass,
  file: IncomingFile,
): Promise<keyof TakenIn> {
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
    if (takingIn.isEnding) return "failed";
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
