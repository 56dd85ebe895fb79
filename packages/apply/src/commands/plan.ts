// The difference between what people said at a site and what a core at the centre has of it, as commands.
// Pure and level-triggered: it asks what is, not what happened, so whatever was lost is made up for.

import type {
  Annotations,
  HostName,
  Seconds,
  ServiceDescription,
  SiteId,
  States,
} from "@siteferry/model";
import type { CentreView, ObjectAt } from "./centre-view.ts";
import type { CommandDialect } from "./command.ts";
import { type SiteMark, siteMark } from "./mark.ts";
import type { CommandMemory } from "./memory.ts";
import { planAcknowledgements } from "./plan-acknowledgements.ts";
import { planComments } from "./plan-comments.ts";
import { planDowntimes } from "./plan-downtimes.ts";
import {
  type CommandCounts,
  noCommands,
  type PlannedCommand,
  type Round,
  startRound,
} from "./round.ts";

export type Annotation = "acknowledgements" | "downtimes" | "comments";

export interface AnnotatedSite {
  readonly site: SiteId;
  readonly states: States;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  /** Whether the site speaks for this host of its own. */
  readonly isOwn: (host: HostName) => boolean;
}

export interface PlanOptions {
  readonly dialect: CommandDialect;
  readonly carry: ReadonlySet<Annotation>;
  /** A mark for which `markFault` is null. */
  readonly mark: string;
  /** Of this site at this core. */
  readonly memory: CommandMemory;
  readonly nowMs: number;
}

export interface CommandPlan {
  /** In the order in which they have to be sent; one may stop after any of them and plan anew. */
  readonly commands: readonly PlannedCommand[];
  readonly counts: CommandCounts;
  /** Up to ten, safe to print. */
  readonly refusals: readonly string[];
  /** To go on with: `noteSent` puts what is sent into it. */
  readonly memory: CommandMemory;
}

/** What the parts of a site's plan need. */
export interface SiteRound extends Round {
  readonly view: CentreView;
  readonly states: States;
  readonly annotations: Annotations;
  readonly dialect: CommandDialect;
  readonly mark: SiteMark;
  /** An object of the site as the centre calls it; null, and counted, if nothing can be said of it there. */
  objectAt(host: HostName, service: ServiceDescription | null): ObjectAt | null;
  isOver(end: Seconds): boolean;
}

/** Nothing is planned if the site's sender doesn't tell of annotations. */
export function planCommands(
  site: AnnotatedSite,
  view: CentreView,
  options: PlanOptions,
): CommandPlan {
  const { annotations } = site.states;
  if (annotations === undefined || annotations === null) {
    return { commands: [], counts: noCommands(), refusals: [], memory: options.memory };
  }
  const round = siteRound(site, annotations, view, options);
  if (options.carry.has("acknowledgements")) planAcknowledgements(round);
  if (options.carry.has("downtimes")) planDowntimes(round);
  if (options.carry.has("comments")) planComments(round);
  const { counts, refusals, memory } = round;
  return { commands: removalsFirst(round.commands), counts, refusals, memory };
}

/** Where a run is too short for all, what stands at the core becomes less before it becomes more. */
function removalsFirst(commands: readonly PlannedCommand[]): readonly PlannedCommand[] {
  const isRemoval = ({ command: { kind } }: PlannedCommand): boolean =>
    /^(delete|remove)-/.test(kind);
  return [...commands.filter(isRemoval), ...commands.filter((one) => !isRemoval(one))];
}

function siteRound(
  site: AnnotatedSite,
  annotations: Annotations,
  view: CentreView,
  options: PlanOptions,
): SiteRound {
  const round = startRound(view, options);
  return {
    ...round,
    view,
    states: site.states,
    annotations,
    dialect: options.dialect,
    mark: siteMark(options.mark, site.site),
    objectAt(host, service) {
      if (!site.isOwn(host)) {
        round.counts.foreign += 1;
        return null;
      }
      const at = { host: site.hostName(host), service };
      if (view.object(at) !== null) return at;
      round.counts.waitingForObject += 1;
      return null;
    },
    isOver: (end) => end * 1000 <= options.nowMs,
  };
}
