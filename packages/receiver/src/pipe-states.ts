// The states of a vendor's dump into the core's Livestatus. It never answers a command, so what was piped
// is remembered: once, and after a crash in the middle of it once more.

import { readStates, stateCommandLine } from "@siteferry/apply";
import { type BundleHeader, realPace } from "@siteferry/bundle";
import type { LivestatusClient } from "@siteferry/livestatus";
import type { SiteId } from "@siteferry/model";
import { hashOf, loadProgress, saveProgress } from "./applied-store.ts";
import { reopen } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

export interface Pipe {
  readonly opening: Opening;
  /** Of the target, in the receiver's spool. */
  readonly state: string;
  readonly site: SiteId;
  readonly settings: SiteSettings;
  connect(): Promise<LivestatusClient>;
}

interface Piped {
  /**
   * The bundle, the configuration that the core had then (with another one it may know more hosts), and what
   * the site's hosts are called.
   */
  readonly key: string;
  readonly attempts: number;
  readonly isDone: boolean;
}

const attemptsMax = 2;

/** How many commands were handed over. `proven`: names the configuration that the core has loaded. */
export async function pipeStates(
  pipe: Pipe,
  header: BundleHeader,
  proven: string,
): Promise<number> {
  const { opening, site, settings } = pipe;
  const { owns, prefix, rename } = settings;
  const key = hashOf(header.payloadHash, proven, owns, prefix, rename);
  const before = await loadPiped(pipe);
  const isSame = before?.key === key;
  if (isSame && before.isDone) return 0;
  const attempts = isSame ? before.attempts + 1 : 1;
  if (attempts > attemptsMax) {
    const problem = `The states of ${site} broke off twice; the next ones are waited for`;
    opening.world.log.warn({ site }, problem);
    await savePiped(pipe, { key, attempts, isDone: true });
    return 0;
  }
  const { states } = await reopen(opening, header, "verbatim");
  const isOwn = isOwnHost(settings);
  const nameOf = nameAtCentre(settings);
  const pace = realPace();
  // Nothing was begun yet if nobody listens.
  const client = await pipe.connect();
  let commands = 0;
  try {
    await savePiped(pipe, { key, attempts, isDone: false });
    for (const state of readStates(states)) {
      if (!isOwn(state.host)) continue;
      await client.command(stateCommandLine(state, nameOf(state.host)), state.time);
      commands += 1;
      const pause = pace.breathe();
      if (pause !== undefined) await pause;
    }
  } finally {
    await client.close();
  }
  await savePiped(pipe, { key, attempts, isDone: true });
  return commands;
}

async function loadPiped({ opening, state, site }: Pipe): Promise<Piped | null> {
  const text = await loadProgress(opening.world, state, `${site}.piped`);
  return text === "" ? null : (JSON.parse(text) as Piped);
}

async function savePiped({ opening, state, site }: Pipe, piped: Piped): Promise<void> {
  await saveProgress(opening.world, state, `${site}.piped`, JSON.stringify(piped));
}
