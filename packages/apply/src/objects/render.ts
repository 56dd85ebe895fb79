// Configuration rows → Nagios and Naemon object files, from fixed templates and a fixed list of
// directives. Pure. The sites' rows are data: only what passes the encoder appears, and no site can
// say a directive, a command or a contact.

import {
  type Configuration,
  type Group,
  type HostConfiguration,
  type HostName,
  printable,
  type ServiceConfiguration,
  type SiteId,
} from "@siteferry/model";
import { directive, listedNameFault, nameFault, type ObjectRefusal, valueFault } from "./encode.ts";
import { hostTemplate, objectTemplates, serviceTemplate } from "./templates.ts";

/** A site's objects and what the centre's own settings say about them. */
export interface SiteObjects {
  readonly site: SiteId;
  readonly configuration: Configuration;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  /** Of the centre; trusted. */
  readonly contacts: readonly string[];
  readonly contactGroups: readonly string[];
}

export interface RenderedObjects {
  /** Text by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly hosts: number;
  readonly services: number;
  readonly refused: readonly (ObjectRefusal & { readonly site: SiteId })[];
}

export const templatesFile = "siteferry-templates.cfg";
export const groupsFile = "siteferry-groups.cfg";

export function siteFile(site: SiteId): string {
  return `siteferry-site-${site}.cfg`;
}

/**
 * All sites at once, because names are unique at the centre and groups are shared: of two sites that
 * have the same host the first one in the list keeps it. Group names carry no prefix.
 */
export function renderObjects(
  sites: readonly SiteObjects[],
  illegalNameCharacters: string,
): RenderedObjects {
  const rendering = new Rendering(illegalNameCharacters);
  const files = new Map([[templatesFile, objectTemplates]]);
  for (const site of sites) files.set(siteFile(site.site), rendering.site(site));
  files.set(groupsFile, rendering.groups());
  const { hosts, services, refused } = rendering;
  return { files, hosts: hosts.size, services, refused };
}

type GroupKind = "hostgroup" | "servicegroup";

/** What one rendering gathers across the sites. */
class Rendering {
  readonly hosts = new Set<string>();
  services = 0;
  readonly refused: (ObjectRefusal & { readonly site: SiteId })[] = [];
  readonly #illegal: string;
  readonly #groups: Record<GroupKind, Map<string, string>> = {
    hostgroup: new Map(),
    servicegroup: new Map(),
  };

  constructor(illegalNameCharacters: string) {
    this.#illegal = illegalNameCharacters;
  }

  site(site: SiteObjects): string {
    const { configuration } = site;
    for (const group of configuration.hostgroups) this.#addGroup(site.site, "hostgroup", group);
    for (const group of configuration.servicegroups) {
      this.#addGroup(site.site, "servicegroup", group);
    }
    let text = `# Written by siteferry: the objects of site ${site.site}. Changes are overwritten.\n\n`;
    const own = new Set<HostName>();
    for (const host of configuration.hosts) {
      const rendered = this.#host(site, host);
      if (rendered === null) continue;
      own.add(host.name);
      text += rendered;
    }
    const seen = new Set<string>();
    for (const service of configuration.services) {
      const rendered = this.#service(site, service, own, seen);
      if (rendered === null) continue;
      this.services++;
      text += rendered;
    }
    return text;
  }

  groups(): string {
    let text = "# Written by siteferry: the groups of all sites. Changes are overwritten.\n\n";
    for (const kind of ["hostgroup", "servicegroup"] as const) {
      for (const [name, alias] of [...this.#groups[kind]].sort(byName)) {
        text += `define ${kind} {\n${directive(`${kind}_name`, name)}${directive("alias", alias)}}\n\n`;
      }
    }
    return text;
  }

  #host(site: SiteObjects, host: HostConfiguration): string | null {
    const name = site.hostName(host.name);
    const object = `host ${printable(name)}`;
    const fault = this.hosts.has(name)
      ? "is defined already, by this site or another one"
      : listedNameFault(name, this.#illegal);
    if (fault !== null) return this.#leaveOut(site, object, "host_name", fault);
    this.hosts.add(name);
    return [
      `define host {\n${directive("use", hostTemplate)}`,
      directive("host_name", name),
      directive("alias", this.#valueOr(name, host.alias, site, object, "alias")),
      directive("address", this.#valueOr(name, host.address, site, object, "address")),
      this.#displayName(site, object, host.display_name, host.name),
      this.#groupList(site, object, "hostgroup", host.groups),
      ...contactLines(site),
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
      return this.#leaveOut(site, object, "host_name", "is of a host that is left out");
    }
    const fault = seen.has(`${host}\t${description}`)
      ? "is defined already"
      : nameFault(description, this.#illegal);
    if (fault !== null) return this.#leaveOut(site, object, "service_description", fault);
    seen.add(`${host}\t${description}`);
    return [
      `define service {\n${directive("use", serviceTemplate)}`,
      directive("host_name", host),
      directive("service_description", description),
      this.#displayName(site, object, service.display_name, description),
      this.#groupList(site, object, "servicegroup", service.groups),
      ...contactLines(site),
      "}\n\n",
    ].join("");
  }

  #displayName(site: SiteObjects, object: string, displayName: string, name: string): string {
    if (displayName === name || displayName === "") return "";
    const value = this.#valueOr("", displayName, site, object, "display_name");
    return value === "" ? "" : directive("display_name", value);
  }

  /** Membership stands in the members, so that several sites can fill one group. */
  #groupList(site: SiteObjects, object: string, kind: GroupKind, names: readonly string[]): string {
    const usable = names.filter((name) => {
      if (this.#groups[kind].has(name)) return true;
      const fault = listedNameFault(name, this.#illegal);
      if (fault === null) this.#groups[kind].set(name, name);
      else this.#refuse(site.site, object, `${kind}s`, fault, "replaced");
      return fault === null;
    });
    return usable.length === 0 ? "" : directive(`${kind}s`, [...new Set(usable)].join(","));
  }

  #addGroup(site: SiteId, kind: GroupKind, { name, alias }: Group): void {
    if (this.#groups[kind].has(name)) return;
    const object = `${kind} ${printable(name)}`;
    const fault = listedNameFault(name, this.#illegal);
    if (fault !== null) {
      this.#refuse(site, object, `${kind}_name`, fault, "left out");
      return;
    }
    const aliasFault = alias === "" ? null : valueFault(alias);
    if (aliasFault !== null) this.#refuse(site, object, "alias", aliasFault, "replaced");
    this.#groups[kind].set(name, alias === "" || aliasFault !== null ? name : alias);
  }

  #valueOr(
    fallback: string,
    value: string,
    { site }: SiteObjects,
    object: string,
    name: string,
  ): string {
    if (value === "") return fallback;
    const fault = valueFault(value);
    if (fault === null) return value;
    this.#refuse(site, object, name, fault, "replaced");
    return fallback;
  }

  #leaveOut({ site }: SiteObjects, object: string, name: string, reason: string): null {
    this.#refuse(site, object, name, reason, "left out");
    return null;
  }

  #refuse(
    site: SiteId,
    object: string,
    name: string,
    reason: string,
    outcome: ObjectRefusal["outcome"],
  ): void {
    this.refused.push({ site, object, directive: name, reason, outcome });
  }
}

function contactLines({ contacts, contactGroups }: SiteObjects): string[] {
  return [
    contacts.length === 0 ? "" : directive("contacts", contacts.join(",")),
    contactGroups.length === 0 ? "" : directive("contact_groups", contactGroups.join(",")),
  ];
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
