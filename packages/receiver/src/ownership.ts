// Which hosts a site may speak for, and what they are called at the centre.

import {
  type HostName,
  isNameFault,
  parseHostName,
  printable,
  Refusal,
  type SiteId,
  type States,
} from "@siteferry/model";
import type { SiteSettings } from "./settings.ts";

/** Whether a host, as its site calls it, is one that the site may speak for. */
export function isOwnHost({ owns }: SiteSettings): (host: HostName) => boolean {
  return matcher(owns);
}

/** `states` without rows of other hosts. */
export function ownStates(states: States, isOwn: (host: HostName) => boolean): States {
  const ofOwn = ({ host_name }: { readonly host_name: HostName }): boolean => isOwn(host_name);
  const { annotations = null, events = [] } = states;
  return {
    hosts: states.hosts.filter(({ name }) => isOwn(name)),
    services: states.services.filter(ofOwn),
    annotations: annotations && {
      comments: annotations.comments.filter(ofOwn),
      downtimes: annotations.downtimes.filter(ofOwn),
    },
    events: events.filter(ofOwn),
  };
}

/**
 * Checks that each host belongs to the site, unless foreign ones are to be left out: they are when
 * the bundle is applied ({@link isOwnHost}).
 * @throws Refusal `host-not-owned`: one foreign host is enough to refuse the bundle whole.
 */
export function checkOwnership(
  site: SiteId,
  settings: SiteSettings,
  hosts: Iterable<HostName>,
): void {
  if (settings.foreignHosts === "leave-out") return;
  const isOwn = isOwnHost(settings);
  for (const host of hosts) {
    if (!isOwn(host)) {
      throw new Refusal("host-not-owned", `${site} may not speak for the host ${printable(host)}`);
    }
  }
}

/** Patterns of host names, in which `*` stands for any text. */
export function matcher(patterns: readonly string[]): (host: string) => boolean {
  if (patterns.includes("*")) return () => true;
  const known = new Map<string, boolean>();
  return (host) => {
    const decided = known.get(host) ?? patterns.some((pattern) => matches(pattern, host));
    known.set(host, decided);
    return decided;
  };
}

/** Part by part, each as far left as it goes: a name made to backtrack costs a regular expression seconds. */
function matches(pattern: string, host: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return host === pattern;
  if (!host.startsWith(first)) return false;
  let position = first.length;
  for (const part of parts) {
    const at = host.indexOf(part, position);
    if (at === -1) return false;
    position = at + part.length;
  }
  return host.length - last.length >= position && host.endsWith(last);
}

/** Whether a host, as the centre calls it, may be one of the site's: without asking the site for them. */
export function mayBeOwnAtCentre({
  owns,
  prefix,
  rename,
}: Pick<SiteSettings, "owns" | "prefix" | "rename">): (host: string) => boolean {
  const isOwn = matcher(owns);
  const renamed = new Set<string>(Object.values(rename));
  return (host) =>
    renamed.has(host) || (host.startsWith(prefix) && isOwn(host.slice(prefix.length)));
}

/** What the centre calls the site's hosts. @throws Refusal `name-bad` if a prefix makes a name too long. */
export function nameAtCentre({
  prefix,
  rename,
}: Pick<SiteSettings, "prefix" | "rename">): (host: HostName) => HostName {
  const names = new Map<HostName, HostName>(Object.entries(rename) as [HostName, HostName][]);
  if (prefix === "") return (host) => names.get(host) ?? host;
  return (host) => {
    const known = names.get(host);
    if (known !== undefined) return known;
    const name = parseHostName(prefix + host);
    if (isNameFault(name))
      throw new Refusal("name-bad", `With its prefix, "${name.shown}" ${name.problem}`);
    names.set(host, name);
    return name;
  };
}
