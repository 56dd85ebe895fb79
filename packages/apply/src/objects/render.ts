// Configuration rows → Nagios and Naemon object files, from fixed templates and a fixed list of
// directives. Pure. The sites' rows are data: only what passes the encoder appears, and no site can
// say a directive, a command or a contact.

import {
  type Configuration,
  type Group,
  type HostConfiguration,
  type HostName,
  limits,
  printable,
  type ServiceConfiguration,
  type SiteId,
} from "@siteferry/model";
import {
  addressFault,
  directive,
  iconFault,
  linkFault,
  listedNameFault,
  nameFault,
  type ObjectRefusal,
  valueFault,
} from "./encode.ts";
import { siteTemplates, templateOf } from "./site-templates.ts";
import { type CentreObjects, type CopiedText, type ObjectStyle, withoutCircles } from "./style.ts";
import { objectTemplates } from "./templates.ts";

/** A site's objects and what the centre's own settings say about them. */
export interface SiteObjects {
  readonly site: SiteId;
  readonly configuration: Configuration;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  readonly style: ObjectStyle;
}

export interface RenderOptions {
  readonly illegalNameCharacters: string;
  /** As in the core's main configuration. */
  readonly patternCharacters?: string | undefined;
  readonly illegalValueCharacters: string;
  readonly centre: CentreObjects;
  /** `<spool>/receiver/sites`, for {@link objectTemplates}. */
  readonly recordsDirectory: string;
}

export type SiteRefusal = ObjectRefusal & { readonly site: SiteId };

export const templatesFile = "siteferry-templates.cfg";
export const groupsFile = "siteferry-groups.cfg";

export function siteFile(site: SiteId): string {
  return `siteferry-site-${site}.cfg`;
}

/** Of one object: the core compares each with each, and 100,000 keep it from starting for 10 s. */
const groupsMax = 1000;

type GroupKind = "hostgroup" | "servicegroup";

/**
 * One rendering of all sites, because names are unique at the centre and groups are shared: of two sites
 * that have the same host the first one keeps it.
 */
export class ObjectsRendering {
  readonly refused: SiteRefusal[] = [];
  readonly #hosts = new Set<string>();
  readonly #options: RenderOptions;
  readonly #groups: Record<GroupKind, Map<string, string>> = {
    hostgroup: new Map(),
    servicegroup: new Map(),
  };

  constructor(options: RenderOptions) {
    this.#options = options;
  }

  templates(): string {
    return objectTemplates(this.#options.recordsDirectory);
  }

  site(site: SiteObjects): string {
    const { configuration, style } = site;
    for (const name of style.hostGroups) this.#defineGroup("hostgroup", name, name);
    for (const group of configuration.hostgroups) this.#addGroup(site, "hostgroup", group);
    for (const group of configuration.servicegroups) this.#addGroup(site, "servicegroup", group);
    const own = configuration.hosts.filter((host) => this.#claim(site, host));
    const parents = style.copy.has("parents") ? this.#parentsOf(site, own) : new Map();
    const names = new Set(own.map(({ name }) => name));
    const seen = new Set<string>();
    const services = configuration.services
      .map((service) => this.#service(site, service, names, seen))
      .filter((text) => text !== null);
    return [
      `# Written by siteferry: the objects of site ${site.site}. Changes are overwritten.\n\n`,
      siteTemplates(site.site, style),
      ...own.map((host) => this.#host(site, host, parents)),
      ...services,
    ].join("");
  }

  /** Of the sites that were rendered before. */
  groups(): string {
    let text = "# Written by siteferry: the groups of all sites. Changes are overwritten.\n\n";
    for (const kind of ["hostgroup", "servicegroup"] as const) {
      for (const [name, alias] of [...this.#groups[kind]].sort(byName)) {
        text += `define ${kind} {\n${directive(`${kind}_name`, name)}${directive("alias", alias)}}\n\n`;
      }
    }
    return text;
  }

  /** Whether the host can stand at the centre, and is this site's. */
  #claim(site: SiteObjects, host: HostConfiguration): boolean {
    const name = site.hostName(host.name);
    const fault = this.#options.centre.hosts.has(name)
      ? "is a host of the centre's own"
      : this.#hosts.has(name)
        ? "is defined already, by this site or another one"
        : this.#listedNameFault(name);
    if (fault === null) this.#hosts.add(name);
    else this.#refuse(site, `host ${printable(name)}`, "host_name", fault, "left out");
    return fault === null;
  }

  #host(
    site: SiteObjects,
    host: HostConfiguration,
    parents: ReadonlyMap<HostName, readonly HostName[]>,
  ): string {
    const name = site.hostName(host.name);
    const object = `host ${printable(name)}`;
    const parentsOfHost = parents.get(name) ?? [];
    return [
      `define host {\n${directive("use", templateOf("host", site.site))}`,
      directive("host_name", name),
      directive("alias", this.#valueOr(name, host.alias, site, object, "alias")),
      directive("address", this.#addressOr(name, host.address, site, object)),
      this.#common(site, object, host, host.name),
      this.#groupList(site, object, "hostgroup", host.groups),
      parentsOfHost.length === 0 ? "" : directive("parents", parentsOfHost.join(",")),
      "}\n\n",
    ].join("");
  }

  #service(
    site: SiteObjects,
    service: ServiceConfiguration,
    own: ReadonlySet<HostName>,
    seen: Set<string>,
  ): string | null {
    const { description } = service;
    const host = site.hostName(service.host_name);
    const object = `service ${printable(host)}/${printable(description)}`;
    if (!own.has(service.host_name)) {
      const reason = "is of a host that is left out";
      return this.#refuse(site, object, "host_name", reason, "left out");
    }
    const fault = seen.has(`${host}\t${description}`)
      ? "is defined already"
      : nameFault(description, this.#options.illegalNameCharacters);
    if (fault !== null) {
      return this.#refuse(site, object, "service_description", fault, "left out");
    }
    seen.add(`${host}\t${description}`);
    return [
      `define service {\n${directive("use", templateOf("service", site.site))}`,
      directive("host_name", host),
      directive("service_description", description),
      this.#common(site, object, service, description),
      freshnessLines(site.style, service),
      this.#groupList(site, object, "servicegroup", service.groups),
      "}\n\n",
    ].join("");
  }

  /** What hosts and services have alike, besides names and groups. */
  #common(
    site: SiteObjects,
    object: string,
    row: HostConfiguration | ServiceConfiguration,
    name: string,
  ): string {
    const { style } = site;
    const illegal = this.#options.illegalValueCharacters;
    const copied = (
      what: CopiedText,
      line: string,
      value: string | null,
      fault: (value: string, illegalCharacters: string) => string | null,
    ): string => {
      if (!style.copy.has(what) || value === null || value === "") return "";
      return this.#lineUnless(fault(value, illegal), site, object, line, value);
    };
    const { display_name: shown, custom_variables: variables } = row;
    const isNamed = shown !== "" && shown !== name;
    return [
      isNamed
        ? this.#lineUnless(valueFault(shown, illegal), site, object, "display_name", shown)
        : "",
      this.#attempts(site, object, row),
      copied("icons", "icon_image", row.icon_image, iconFault),
      copied("notes", "notes", row.notes, valueFault),
      copied("notesUrls", "notes_url", row.notes_url, linkFault),
      copied("actionUrls", "action_url", row.action_url, linkFault),
      style.copy.has("intervals") ? intervalLines(row) : "",
      ...variables.map(([variable, value]) => this.#variable(site, object, variable, value)),
    ].join("");
  }

  #attempts(
    site: SiteObjects,
    object: string,
    { max_check_attempts: attempts }: HostConfiguration | ServiceConfiguration,
  ): string {
    if (site.style.attempts === "hard" || attempts === 1) return "";
    const isInRange = attempts >= 1 && attempts <= limits.checkAttemptsMax;
    const fault = isInRange ? null : `isn't from 1 to ${limits.checkAttemptsMax}`;
    return this.#lineUnless(fault, site, object, "max_check_attempts", attempts);
  }

  #variable(site: SiteObjects, object: string, name: string, value: string): string {
    if (value === "" || !site.style.copiesVariable(name)) return "";
    const fault = /^[A-Za-z0-9_]{1,64}$/.test(name)
      ? valueFault(value, this.#options.illegalValueCharacters)
      : "is no name of a variable";
    return this.#lineUnless(fault, site, object, `_${name.toUpperCase()}`, value);
  }

  /** Of hosts by their names at the centre. */
  #parentsOf(
    site: SiteObjects,
    hosts: readonly HostConfiguration[],
  ): ReadonlyMap<HostName, readonly HostName[]> {
    const known = new Map<string, HostName>(
      hosts.map(({ name }) => [name, site.hostName(name)] as const),
    );
    const wanted = new Map<HostName, readonly HostName[]>();
    for (const { name, parents } of hosts) {
      const there = new Set(parents.map((parent) => known.get(parent)));
      // What is left out, or foreign, is no parent; the host itself is there all the same.
      const usable = [...there].filter((parent) => parent !== undefined);
      if (usable.length > 0) wanted.set(site.hostName(name), usable);
    }
    const { parents, dropped } = withoutCircles(wanted);
    for (const [child, parent] of dropped) {
      const reason = `closes a circle at ${printable(parent)}`;
      this.#refuse(site, `host ${printable(child)}`, "parents", reason, "replaced");
    }
    return parents;
  }

  /** Membership stands in the members, so that several sites can fill one group. */
  #groupList(site: SiteObjects, object: string, kind: GroupKind, names: readonly string[]): string {
    const added = kind === "hostgroup" ? site.style.hostGroups : [];
    if (names.length > groupsMax) {
      const fault = `has more than ${groupsMax} groups`;
      this.#refuse(site, object, `${kind}s`, fault, "replaced");
    }
    const usable = names.slice(0, groupsMax).flatMap((own) => {
      const name = site.style.groupPrefix + own;
      const fault = this.#groupFault(kind, name);
      if (fault !== null) this.#refuse(site, object, `${kind}s`, fault, "not put into it");
      else if (!this.#groups[kind].has(name)) this.#defineGroup(kind, name, own);
      return fault === null ? [name] : [];
    });
    const all = [...new Set([...added, ...usable])];
    return all.length === 0 ? "" : directive(`${kind}s`, all.join(","));
  }

  #addGroup(site: SiteObjects, kind: GroupKind, group: Group): void {
    const name = site.style.groupPrefix + group.name;
    if (this.#groups[kind].has(name)) return;
    const object = `${kind} ${printable(name)}`;
    const fault = this.#groupFault(kind, name);
    if (fault === null) {
      this.#defineGroup(kind, name, this.#valueOr(name, group.alias, site, object, "alias"));
    } else {
      this.#refuse(site, object, `${kind}_name`, fault, "left out");
    }
  }

  /** A group of the centre's own may carry services, contacts and escalations that aren't the site's. */
  #groupFault(kind: GroupKind, name: string): string | null {
    return this.#options.centre[`${kind}s`].has(name)
      ? `${printable(name)} is a group of the centre's own (groupPrefix keeps them apart)`
      : this.#listedNameFault(name);
  }

  #listedNameFault(name: string): string | null {
    const { illegalNameCharacters, patternCharacters = "" } = this.#options;
    return listedNameFault(name, illegalNameCharacters + patternCharacters);
  }

  #defineGroup(kind: GroupKind, name: string, alias: string): void {
    if (!this.#options.centre[`${kind}s`].has(name)) this.#groups[kind].set(name, alias);
  }

  #addressOr(fallback: string, value: string, site: SiteObjects, object: string): string {
    if (value === "") return fallback;
    const fault = addressFault(value);
    if (fault === null) return value;
    this.#refuse(site, object, "address", fault, "replaced");
    return fallback;
  }

  #valueOr(
    fallback: string,
    value: string,
    site: SiteObjects,
    object: string,
    name: string,
  ): string {
    if (value === "") return fallback;
    const fault = valueFault(value, this.#options.illegalValueCharacters);
    if (fault === null) return value;
    this.#refuse(site, object, name, fault, "replaced");
    return fallback;
  }

  #lineUnless(
    fault: string | null,
    site: SiteObjects,
    object: string,
    name: string,
    value: string | number,
  ): string {
    if (fault === null) return directive(name, value);
    this.#refuse(site, object, name, fault, "replaced");
    return "";
  }

  #refuse(
    { site }: SiteObjects,
    object: string,
    name: string,
    reason: string,
    outcome: ObjectRefusal["outcome"],
  ): null {
    this.refused.push({ site, object, directive: printable(name), reason, outcome });
    return null;
  }
}

/** In minutes, as with the usual `interval_length=60`; the centre only shows them. */
function intervalLines(row: HostConfiguration | ServiceConfiguration): string {
  const lines = ["check_interval", "retry_interval"] as const;
  return lines
    .map((name) => {
      const minutes = Number((row[name] ?? 0).toFixed(3));
      // With a zero the core wouldn't start.
      return minutes > 0 && minutes <= 1e6 ? directive(name, minutes) : "";
    })
    .join("");
}

/**
 * What the site itself doesn't check has no interval, and may be silent for ever. Of hosts nothing: they
 * have no state that says "nobody knows".
 */
function freshnessLines(
  { freshnessMs }: ObjectStyle,
  { active_checks_enabled: isActive, check_interval: minutes }: ServiceConfiguration,
): string {
  if (freshnessMs === null || isActive !== 1 || minutes === null) return "";
  if (!(minutes > 0 && minutes <= 1e6)) return "";
  const threshold = Math.ceil(3 * minutes * 60 + freshnessMs / 1000);
  return directive("check_freshness", 1) + directive("freshness_threshold", threshold);
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
