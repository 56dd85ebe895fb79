// One keyframe of 2 MB over a link that isn't open yet, until the far end has it durably, beside what
// a stock program takes for the same bytes.

import { mkdir, open, writeFile } from "node:fs/promises";
import { makeKeyframes } from "./links-keyframe.ts";
import { mail } from "./links-mail.ts";
import { problemOf, timeOf } from "./links-track.ts";
import { trackOf } from "./links-way-track.ts";
import { ways } from "./links-ways.ts";

const sealedBytes = 2_000_000;

/** Medians. */
export interface OneTime {
  readonly title: string;
  readonly floorTitle: string;
  readonly targetMs: number | null;
  /** Null: it couldn't be measured. */
  readonly times: { readonly ms: number; readonly floorMs: number } | null;
}

export interface OneRun {
  readonly sealedBytes: number;
  readonly times: readonly OneTime[];
  /** The same bytes to a file, synced. */
  readonly diskMs: number;
}

/** In `root`, which is empty. */
export async function runOne(root: string, rounds: number, signal: AbortSignal): Promise<OneRun> {
  const keyframes = await makeKeyframes(sealedBytes);
  const file = `${root}/keyframe`;
  const { content } = await keyframes.next();
  await writeFile(file, content);
  const times: OneTime[] = [];
  for (const [index, kind] of [...ways.map(trackOf), mail].entries()) {
    const { title, floorTitle, targetMs } = kind;
    const settings = { ...keyframes, root: `${root}/${index}`, signal };
    await mkdir(settings.root);
    const measured = async (): Promise<OneTime["times"]> => {
      await using track = await kind.lay(settings);
      // The first time loads modules and is not counted.
      const runs: [ms: number, floorMs: number][] = [];
      for (let round = 0; round <= rounds; round++) {
        signal.throwIfAborted();
        const floorMs = await track.floor(file);
        runs.push([await track.carry(await keyframes.next()), floorMs]);
      }
      const counted = runs.slice(1);
      return {
        ms: middle(counted.map(([ms]) => ms)),
        floorMs: middle(counted.map(([, floorMs]) => floorMs)),
      };
    };
    const outcome = await measured().catch((error: unknown) => problemOf(title, error, signal));
    times.push({ title, floorTitle, targetMs, times: outcome });
  }
  const disk: number[] = [];
  for (let round = 0; round < rounds; round++) {
    disk.push(await timeOf(async () => await writeSynced(`${root}/copy-${round}`, content)));
  }
  return { sealedBytes: content.length, times, diskMs: middle(disk) };
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  await using file = await open(path, "wx");
  await file.writeFile(content);
  await file.sync();
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
