// A stick that somebody brought: what lies on it goes through the door, as far as there is room. It stays
// on the stick; a second time takes what there was no room for.

import {
  Busy,
  type IncomingFile,
  type ReceivingTransport,
  superseded,
} from "@siteferry/carry/contract";
import { type BundleName, explain, parseBundleName, printable } from "@siteferry/model";
import { type Doorway, letIn } from "./door.ts";
import { judgeUse, loadSiteRecord } from "./mirror.ts";

export interface Imported {
  readonly taken: readonly string[];
  readonly refused: readonly Problem[];
  /** Files that may be taken another time: they can't be read. */
  readonly failed: readonly Problem[];
  /** Bundles that a newer one on the stick and what is here already have overtaken. */
  readonly overtaken: number;
  /** Bundles for which there is no room until the receiver's next run. */
  readonly left: number;
}

interface Problem {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

export async function importStick(
  doorway: Doorway,
  stick: Pick<ReceivingTransport, "incoming">,
): Promise<Imported> {
  const imported = {
    taken: [] as string[],
    refused: [] as Problem[],
    failed: [] as Problem[],
    overtaken: 0,
    left: 0,
  };
  const { progress } = doorway.world;
  const files = await stick.incoming(Number.POSITIVE_INFINITY);
  progress?.begin("Taking bundles", files.length);
  for (const ofSite of bySite(files)) {
    let isFull = false;
    for (const { file, isOvertaken } of mostUsefulFirst(ofSite)) {
      progress?.add(1);
      if (isFull) {
        imported.left += 1;
        continue;
      }
      const name = printable(file.name);
      try {
        const isTaken = await take(doorway, file, isOvertaken);
        if (isTaken) imported.taken.push(name);
        else imported.overtaken += 1;
      } catch (error) {
        const failure = explain(error, `Reading ${file.from}`);
        const { kind, code, message } = failure;
        if (failure instanceof Busy) {
          isFull = true;
          imported.left += 1;
        } else
          (kind === "refused" ? imported.refused : imported.failed).push({ name, code, message });
      }
    }
  }
  return imported;
}

/** As the names claim; what says nothing is together, too. */
function bySite(files: readonly IncomingFile[]): Iterable<readonly IncomingFile[]> {
  return Map.groupBy(files, ({ name }) => parseBundleName(name)?.site ?? "").values();
}

interface Candidate {
  readonly file: IncomingFile;
  readonly isOvertaken: boolean;
}

/** What stands for the site comes first, in its order; then what newer ones have overtaken, the newest first. */
function mostUsefulFirst(files: readonly IncomingFile[]): readonly Candidate[] {
  const named = files.flatMap((file): (BundleName & { file: IncomingFile })[] => {
    const identity = parseBundleName(file.name);
    return identity === null ? [] : [{ ...identity, file }];
  });
  const overtaken = new Set(superseded(named).map(({ file }) => file));
  const rest = files.filter((file) => overtaken.has(file)).toReversed();
  return [
    ...files.filter((file) => !overtaken.has(file)).map((file) => ({ file, isOvertaken: false })),
    ...rest.map((file) => ({ file, isOvertaken: true })),
  ];
}

/** False if a newer one is on the stick, and the receiver would drop this one. */
async function take(
  doorway: Doorway,
  { from, read }: IncomingFile,
  isOvertaken: boolean,
): Promise<boolean> {
  const { world, spool } = doorway;
  const arrival = { site: null, from, content: await read() };
  return await letIn(doorway, arrival, async (header) => {
    if (!isOvertaken) return true;
    const record = await loadSiteRecord(world.files, spool, header.site);
    return judgeUse(record, header, world.clock.now()) === "new";
  });
}
