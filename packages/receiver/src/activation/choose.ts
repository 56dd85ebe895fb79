// Which new configurations the core's own check lets pass. When it refuses all together, those that it
// refuses are found by halves, and the other sites go on without them.

import type { GenerationId } from "@siteferry/apply";
import type { SiteId } from "@siteferry/model";
import type { Composed } from "./compose.ts";

export interface Choosing {
  /** Sites whose files are new, and those that are as they were or must stay so. */
  readonly changed: readonly SiteId[];
  readonly unchanged: readonly SiteId[];
  compose(accepted: readonly SiteId[], kept: readonly SiteId[]): Promise<Composed>;
  /** Writes it. */
  write(composed: Composed): Promise<GenerationId>;
  /** Null, or what the core says. After so many milliseconds it isn't waited for. */
  check(generation: GenerationId, withinMs: number): Promise<string | null>;
  nowMs(): number;
}

export interface Chosen {
  readonly composed: Composed;
  readonly generation: GenerationId;
  /** Why the core would refuse a site's new configuration. */
  readonly refused: ReadonlyMap<SiteId, string>;
}

/** A check reads the whole configuration; more of them than this aren't worth their time. */
const checksMax = 32;
/**
 * How long a search's checks may take, in those of what is live: a site whose objects make the check
 * slow would cost a deadline with each.
 */
const slowness = 5;
const searchCheckMsMin = 10_000;

/**
 * @returns a generation that passed the check; or the core's words if it refuses even what is live
 *   now: then the fault isn't in what is new.
 */
export async function choose(choosing: Choosing): Promise<Chosen | { readonly fault: string }> {
  const { changed, unchanged, write, check } = choosing;
  const attempt = async (
    accepted: readonly SiteId[],
  ): Promise<Omit<Chosen, "refused"> & { readonly reason: string | null }> => {
    const kept = changed.filter((site) => !accepted.includes(site));
    const composed = await choosing.compose([...unchanged, ...accepted], kept);
    const generation = await write(composed);
    return { composed, generation, reason: await check(generation, withinMs) };
  };
  let withinMs = Infinity;
  const all = await attempt(changed);
  if (all.reason === null) return { ...all, refused: new Map() };
  const begunMs = choosing.nowMs();
  let best = await attempt([]);
  if (best.reason !== null) return { fault: best.reason };
  withinMs = Math.max(searchCheckMsMin, slowness * (choosing.nowMs() - begunMs));

  const refused = new Map<SiteId, string>();
  let accepted: readonly SiteId[] = [];
  let checks = 2;
  const halves: { sites: readonly SiteId[]; reason: string | null }[] = [
    { sites: changed, reason: all.reason },
  ];
  while (halves.length > 0) {
    const { sites, reason } = halves.pop()!;
    let known = reason;
    if (known === null && checks < checksMax) {
      checks += 1;
      const tried = await attempt([...accepted, ...sites]);
      if (tried.reason === null) {
        accepted = [...accepted, ...sites];
        best = tried;
        continue;
      }
      known = tried.reason;
    }
    if (sites.length === 1 || checks >= checksMax) {
      for (const site of sites) refused.set(site, known ?? "the core refuses others with it");
      continue;
    }
    const middle = Math.ceil(sites.length / 2);
    // The first half is taken first: of two that can't both be, the one that stands before has it.
    halves.push({ sites: sites.slice(middle), reason: null });
    halves.push({ sites: sites.slice(0, middle), reason: null });
  }
  return { ...best, refused };
}
