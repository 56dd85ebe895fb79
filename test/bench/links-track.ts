// Something that carries one bundle after the other, each over a new connection, beside its floor.

import type { SiteId } from "@siteferry/model";
import type { Parcel } from "./fleet-sites.ts";

/** Something that carries, with its floor. */
export interface Track extends AsyncDisposable {
  /** Milliseconds until the bundle is durable at the far end. */
  carry(parcel: Parcel): Promise<number>;
  /** Milliseconds that the floor takes for `file`. */
  floor(file: string): Promise<number>;
}

interface TrackSettings {
  readonly root: string;
  readonly site: SiteId;
  readonly signerLine: string;
  readonly signal: AbortSignal;
}

export interface TrackKind {
  readonly title: string;
  readonly floorTitle: string;
  /** Null: no target. */
  readonly targetMs: number | null;
  lay(settings: TrackSettings): Promise<Track>;
}

/** Said at once, whole; the table has no room for it, and it may name paths of this machine. */
export function problemOf(title: string, error: unknown, signal: AbortSignal): null {
  signal.throwIfAborted();
  process.stderr.write(`${title}: ${error instanceof Error ? error.message : String(error)}\n`);
  return null;
}

export async function timeOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
