// Which hosts a site may speak for, and what they are called at the centre.

import {
  type HostName,
  isNameFault,
  parseHostName,
  printable,
  Refusal,
  type SiteId,
} from "@siteferry/model";
import type { SiteSettings } from "./settings.ts";

/**
 * Checks that each host belongs to the site.
 * @throws Refusal `host-not-owned`: one foreign host is enough to refuse the bundle whole.
 */
export function checkOwnership(
  site: SiteId,
  { owns }: SiteSettings,
  hosts: Iterable<HostName>,
): void {
  const isOwn = matcher(owns);
  for (const host of hosts) {
    if (!isOwn(host)) {
      throw new Refusal("host-not-owned", `${site} may not speak for the host ${printable(host)}`);
    }
  }
}

function matcher(patterns: readonly string[]): (host: string) => boolean {
  if (patterns.includes("*")) return () => true;
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split("*").map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join(".*")}$`, "su");
  });
  const known = new Map<string, boolean>();
  return (host) => {
    const decided = known.get(host) ?? expressions.some((expression) => expression.test(host));
    known.set(host, decided);
    return decided;
  };
}

/** What the centre calls the site's hosts. @throws Refusal `name-bad` if a prefix makes a name too long. */
export function nameAtCentre({ prefix }: SiteSettings): (host: HostName) => HostName {
  if (prefix === "") return (host) => host;
  const names = new Map<HostName, HostName>();
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
