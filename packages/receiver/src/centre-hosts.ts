// Hosts that the centre defines itself. Where siteferry makes the sites' objects live it knows them, and
// takes no states for them: a site that may speak for any name could report the centre's own as up.

import {
  type GenerationId,
  type Generations,
  hostsDefinedIn,
  type MainConfiguration,
  siteFile,
} from "@siteferry/apply";
import {
  FerryError,
  type FileSystem,
  type HostName,
  limits,
  type Log,
  printable,
  type SiteId,
  type States,
} from "@siteferry/model";
import { loadActivation } from "./activation/record.ts";
import { fileStamp, liveGeneration, openTarget } from "./activation/target.ts";
import type { CommandsSettings } from "./commands-settings.ts";
import { foreignHostsAt } from "./icinga2-connection.ts";
import type { Icinga2Settings } from "./icinga2-settings.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, matcher, nameAtCentre, ownStates } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

/** The hosts of a site that the core has from siteferry, by their names at the centre. */
export interface OwnHosts {
  /** @throws FerryError `spool-damaged` if somebody changed the files, so that it can't be told. */
  of(site: SiteId): Promise<ReadonlySet<string>>;
  /** Another text when they may be others. */
  stamp(site: SiteId): Promise<string>;
  /** Whether the core answers now; false also if it can't be asked. */
  answers(): Promise<boolean>;
}

/**
 * Of the core whose main file says so. Null: nobody's objects are made live there, so what is the centre's
 * own can't be told.
 */
export async function ownHostsAt(
  opening: Opening,
  isIt: (core: MainConfiguration) => boolean,
): Promise<OwnHosts | null> {
  for (const target of opening.settings.targets) {
    if (!("objects" in target) || target.objects.activate === undefined) continue;
    const open = await openTarget(opening, target.objects);
    const { main, core, generations, world, directory } = open;
    if (main === null || !isIt(main)) continue;
    const record = await loadActivation(world, directory);
    const live = await liveGeneration(open, record);
    // The core may have loaded what it hasn't been seen to work with yet.
    const ids = [live, record.pending?.generation ?? null].filter((id) => id !== null);
    const isWhole = wholeOnce(generations);
    return {
      async of(site) {
        const all = ids.map(async (id) => {
          const hosts = await hostsIn(world.files, `${generations.pathOf(id)}/${siteFile(site)}`);
          if (hosts !== null) return hosts;
          // With a file that somebody removed all its hosts would be the centre's.
          if (!(await isWhole(id))) throw changed(generations.pathOf(id), site);
          return [];
        });
        return new Set((await Promise.all(all)).flat());
      },
      async stamp(site) {
        const paths = ids.map((id) => `${generations.pathOf(id)}/${siteFile(site)}`);
        const stamps = await Promise.all(paths.map((path) => fileStamp(world.files, path)));
        return [...ids, ...stamps].join();
      },
      answers: async () =>
        main.query_socket !== undefined && (await core.answers(main.query_socket)),
    };
  }
  return null;
}

/**
 * The same for a core that is told by commands: that of the command file, or, of one with Livestatus, the only
 * one whose objects siteferry makes live.
 */
export async function centreHostsToldBy(
  opening: Opening,
  { core, file }: CommandsSettings,
  askForeign: (target: Icinga2Settings) => Promise<ReadonlySet<string>> = async (target) =>
    await foreignHostsAt(opening.world.files, target),
): Promise<CentreHosts | null> {
  const { targets } = opening.settings;
  if (core === "icinga2") {
    const [only, second] = targets.filter((target) => "icinga2" in target);
    if (only === undefined || second !== undefined) return null;
    // Another stage of the package is another start of the core, which whoever asks knows.
    return { isCentres: foreignTo(() => askForeign(only.icinga2)), stamp: async () => "" };
  }
  const activating = targets.filter(
    (one) => "objects" in one && one.objects.activate !== undefined,
  );
  if (file === undefined && activating.length !== 1) return null;
  const own = await ownHostsAt(opening, (main) => file === undefined || main.command_file === file);
  return (
    own && {
      async isCentres(site) {
        const hosts = await own.of(site);
        return (host) => !hosts.has(host);
      },
      stamp: own.stamp,
    }
  );
}

/** Hosts of a core that it doesn't have from siteferry, for whoever looks at some that it has. */
interface CentreHosts {
  isCentres(site: SiteId): Promise<(host: HostName) => boolean>;
  /** Another text when they may be others. */
  stamp(site: SiteId): Promise<string>;
}

function foreignTo(ask: () => Promise<ReadonlySet<string>>): CentreHosts["isCentres"] {
  let asked: Promise<ReadonlySet<string>> | null = null;
  return async () => {
    const foreign = await (asked ??= ask());
    return (host) => foreign.has(host);
  };
}

/** Whether the site may say something of a host, by the site's own name for it. */
export function speaksFor(
  settings: SiteSettings,
  isCentres: (host: HostName) => boolean,
): (host: HostName) => boolean {
  const isOwn = isOwnHost(settings);
  const isFed = matcher(settings.feeds);
  const nameOf = nameAtCentre(settings);
  return (host) => {
    if (!isOwn(host)) return false;
    const name = nameOf(host);
    return !isCentres(name) || isFed(name);
  };
}

/** Null: there is no such file, or nothing in it; of a site without hosts there is a template. */
async function hostsIn(files: FileSystem, path: string): Promise<readonly string[] | null> {
  if ((await files.status(path)) === null) return null;
  const text = new TextDecoder().decode(await files.read(path, limits.stateBytesMax));
  return text.includes("\ndefine host {\n") ? [...hostsDefinedIn(text)] : null;
}

/** A generation is large: each is read once, for however many sites. */
function wholeOnce(generations: Generations): (id: GenerationId) => Promise<boolean> {
  const known = new Map<GenerationId, Promise<boolean>>();
  return async (id) => {
    const isWhole = known.get(id) ?? generations.read(id).then((files) => files !== null);
    known.set(id, isWhole);
    return await isWhole;
  };
}

function changed(directory: string, site: SiteId): FerryError {
  const what = `which hosts ${site} has there can't be told`;
  const message = `Somebody changed files in ${printable(directory)}, and ${what}`;
  return new FerryError("spool-damaged", message);
}

/** The states that a site may speak for, and how many hosts it may not because they are the centre's own. */
export function statesFor(
  settings: SiteSettings,
  all: States,
  isCentres: (host: HostName) => boolean,
): { readonly states: States; readonly centreHosts: number } {
  const isOwn = isOwnHost(settings);
  const speaks = speaksFor(settings, isCentres);
  const left = new Set<HostName>();
  const mayBe = (host: HostName): boolean => {
    if (speaks(host)) return true;
    if (isOwn(host)) left.add(host);
    return false;
  };
  return {
    states: ownStates(all, mayBe),
    centreHosts: left.size,
  };
}

export function tellCentreHosts(log: Log, site: SiteId, centreHosts: number): void {
  const message = `${site} sends states of hosts that the centre defines itself: feeds may allow them`;
  log.warn({ site, centreHosts }, message);
}
