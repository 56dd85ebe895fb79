// What the centre's settings say about a site's objects. Trusted: it comes from the operator.

import type { HostName } from "@siteferry/model";

export interface ObjectStyle {
  /** Contacts of the central configuration; likewise the groups. */
  readonly contacts: readonly string[];
  readonly contactGroups: readonly string[];
  /** Host groups that each host is put into besides its own; made if the centre hasn't got them. */
  readonly hostGroups: readonly string[];
  /** Stands before the names of the site's own groups. */
  readonly groupPrefix: string;
  /** Templates of the central configuration; what they say wins over the defaults, never over "passive". */
  readonly hostTemplates: readonly string[];
  readonly serviceTemplates: readonly string[];
  /** `hard`: max_check_attempts is 1, as the site has decided what is hard; `mirror`: the site's own. */
  readonly attempts: "hard" | "mirror";
  /** Undefined: as the templates say, and off without any. */
  readonly notifications?: boolean | undefined;
  readonly flapDetection?: boolean | undefined;
  /** How late a result may be beyond three check intervals until its service is UNKNOWN; null: for ever. */
  readonly freshnessMs: number | null;
  /** What is copied from the site besides names, alias, address and groups. */
  readonly copy: ReadonlySet<CopiedText>;
  /** Says of a custom variable, without its underscore, whether it is copied. */
  readonly copiesVariable: (name: string) => boolean;
}

export const copiedTexts = [
  "icons",
  "notes",
  "notesUrls",
  "actionUrls",
  "parents",
  "intervals",
] as const;
export type CopiedText = (typeof copiedTexts)[number];

/** What the centre has by itself, and no site may define or join. */
export interface CentreObjects {
  readonly hosts: ReadonlySet<string>;
  readonly hostgroups: ReadonlySet<string>;
  readonly servicegroups: ReadonlySet<string>;
}

export const nothingAtCentre: CentreObjects = {
  hosts: new Set(),
  hostgroups: new Set(),
  servicegroups: new Set(),
};

/** By a host's name at the centre. */
export type ParentsOf = ReadonlyMap<HostName, readonly HostName[]>;

/**
 * `parents` without those that close a circle: with one the core doesn't start. Returns the parents
 * that stay, and the pairs that don't.
 */
export function withoutCircles(parents: ParentsOf): {
  readonly parents: ParentsOf;
  readonly dropped: readonly (readonly [child: HostName, parent: HostName])[];
} {
  const kept = new Map<HostName, HostName[]>();
  const dropped: (readonly [HostName, HostName])[] = [];
  const done = new Set<HostName>();
  for (const start of parents.keys()) {
    // Depth first without recursion: a hostile chain may be as long as the site has hosts.
    const path: HostName[] = [start];
    const onPath = new Set(path);
    const left = new Map<HostName, HostName[]>();
    while (path.length > 0) {
      const host = path.at(-1)!;
      const todo = left.get(host) ?? (done.has(host) ? [] : [...(parents.get(host) ?? [])]);
      left.set(host, todo);
      const parent = todo.shift();
      if (parent === undefined) {
        done.add(host);
        onPath.delete(host);
        path.pop();
      } else if (onPath.has(parent)) {
        dropped.push([host, parent]);
      } else {
        kept.set(host, [...(kept.get(host) ?? []), parent]);
        if (done.has(parent)) continue;
        path.push(parent);
        onPath.add(parent);
      }
    }
  }
  return { parents: kept, dropped };
}
