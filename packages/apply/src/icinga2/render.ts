// Configuration rows of one site → a file in Icinga 2's language, from a fixed list of attributes. Pure.
// The rows are data: they appear as string literals, and no site can say an attribute, a command, a
// template or a user.

import {
  type Group,
  type HostConfiguration,
  printable,
  type ServiceConfiguration,
  type SiteId,
} from "@siteferry/model";
import type { ObjectRefusal } from "../objects/encode.ts";
import type { SiteObjects } from "../objects/render.ts";
import {
  addressFault,
  literal,
  literals,
  objectNameFault,
  textFault,
  variableFault,
} from "./encode.ts";
import { icinga2HostTemplate, icinga2ServiceTemplate } from "./templates.ts";

/** Names that the core has from elsewhere, such as its own files: no site may speak for them. */
export interface ForeignObjects {
  readonly hosts: ReadonlySet<string>;
  readonly hostgroups: ReadonlySet<string>;
  readonly servicegroups: ReadonlySet<string>;
}

/** Templates of the operator's that objects import after ours; trusted. */
export interface ImportedTemplates {
  readonly hostTemplates: readonly string[];
  readonly serviceTemplates: readonly string[];
}

/** Display name by name, of the groups that the site's objects are in and the site defines. */
export type GroupNames = ReadonlyMap<string, string>;

/** What one site brings to the package. */
export interface SitePiece {
  readonly text: string;
  readonly hostgroups: GroupNames;
  readonly servicegroups: GroupNames;
}

export interface RenderedSite extends SitePiece {
  readonly hosts: number;
  readonly services: number;
  readonly refused: readonly (ObjectRefusal & { readonly site: SiteId })[];
}

type GroupKind = "hostgroup" | "servicegroup";

/**
 * `taken` are the hosts of sites that were rendered before, and of this one when it returns: of two
 * sites that have the same host the first one keeps it.
 */
export function renderIcinga2Site(
  site: SiteObjects,
  foreign: ForeignObjects,
  imported: ImportedTemplates,
  taken: Set<string>,
): RenderedSite {
  return new Rendering(site, foreign, imported, taken).render();
}

class Rendering {
  readonly #site: SiteObjects;
  readonly #foreign: ForeignObjects;
  readonly #imported: ImportedTemplates;
  readonly #taken: Set<string>;
  readonly #refused: (ObjectRefusal & { readonly site: SiteId })[] = [];
  readonly #groups = { hostgroup: new Map<string, string>(), servicegroup: new Map() };
  /** Of groups whose refusal is told already. */
  readonly #badGroups = new Set<string>();
  readonly #variables: string;

  constructor(
    site: SiteObjects,
    foreign: ForeignObjects,
    imported: ImportedTemplates,
    taken: Set<string>,
  ) {
    this.#site = site;
    this.#foreign = foreign;
    this.#imported = imported;
    this.#taken = taken;
    this.#variables = this.#siteVariables();
  }

  render(): RenderedSite {
    const { site, configuration } = this.#site;
    for (const group of configuration.hostgroups) this.#addGroup("hostgroup", group);
    for (const group of configuration.servicegroups) this.#addGroup("servicegroup", group);
    const parts = [
      `// Written by siteferry: the objects of site ${site}. Changes are overwritten.\n`,
    ];
    const own = new Set<string>();
    for (const host of configuration.hosts) {
      const text = this.#host(host);
      if (text === null) continue;
      own.add(host.name);
      parts.push(text);
    }
    const seen = new Set<string>();
    for (const service of configuration.services) {
      const text = this.#service(service, own, seen);
      if (text !== null) parts.push(text);
    }
    const { hostgroup, servicegroup } = this.#groups;
    return {
      text: parts.join("\n"),
      hostgroups: hostgroup,
      servicegroups: servicegroup,
      hosts: own.size,
      services: seen.size,
      refused: this.#refused,
    };
  }

  #host(host: HostConfiguration): string | null {
    const name = this.#site.hostName(host.name);
    const object = `host ${printable(name)}`;
    const fault = this.#taken.has(name)
      ? "is defined already, by this site or another one"
      : this.#foreign.hosts.has(name)
        ? "is a host of the centre's own"
        : objectNameFault(name);
    if (fault !== null) return this.#refuse(object, "name", fault, "left out");
    this.#taken.add(name);
    // Where display_name says no more than the name, a Nagios has its words in alias.
    const { display_name: ownWords } = host;
    const shown = ownWords === "" || ownWords === host.name ? host.alias : ownWords;
    return [
      `object Host ${literal(name)} {\n`,
      ...importLines([icinga2HostTemplate, ...this.#imported.hostTemplates]),
      this.#text(object, "display_name", shown === host.name ? "" : shown, textFault),
      this.#text(object, "address", host.address, addressFault),
      this.#groupLine(object, "hostgroup", host.groups),
      this.#variables,
      "}\n",
    ].join("");
  }

  #service(
    service: ServiceConfiguration,
    own: ReadonlySet<string>,
    seen: Set<string>,
  ): string | null {
    const { description, display_name: shown } = service;
    const host = this.#site.hostName(service.host_name);
    const object = `service ${printable(host)}/${printable(description)}`;
    if (!own.has(service.host_name)) {
      return this.#refuse(object, "host_name", "is of a host that is left out", "left out");
    }
    const key = `${host}\t${description}`;
    const fault = seen.has(key) ? "is defined already" : objectNameFault(description);
    if (fault !== null) return this.#refuse(object, "name", fault, "left out");
    seen.add(key);
    return [
      `object Service ${literal(description)} {\n`,
      ...importLines([icinga2ServiceTemplate, ...this.#imported.serviceTemplates]),
      attribute("host_name", literal(host)),
      this.#text(object, "display_name", shown === description ? "" : shown, textFault),
      this.#groupLine(object, "servicegroup", service.groups),
      this.#variables,
      "}\n",
    ].join("");
  }

  #siteVariables(): string {
    const { site, style } = this.#site;
    const list = (name: string, values: readonly string[]): string => {
      const usable = values.filter((value) => {
        const fault = variableFault(value);
        if (fault !== null) this.#refuse(`site ${site}`, name, fault, "replaced");
        return fault === null;
      });
      return usable.length === 0 ? "" : attribute(`vars.${name}`, literals(usable));
    };
    return [
      attribute("vars.siteferry_site", literal(site)),
      list("siteferry_contacts", style.contacts),
      list("siteferry_contact_groups", style.contactGroups),
    ].join("");
  }

  /** The line of an attribute, or none if it is empty or can't be taken. */
  #text(
    object: string,
    name: string,
    value: string,
    faultOf: (value: string) => string | null,
  ): string {
    if (value === "") return "";
    const fault = faultOf(value);
    if (fault === null) return attribute(name, literal(value));
    this.#refuse(object, name, fault, "replaced");
    return "";
  }

  #groupLine(object: string, kind: GroupKind, names: readonly string[]): string {
    const usable = names.filter((name) => this.#mayJoin(object, kind, name));
    return usable.length === 0 ? "" : attribute("groups", literals([...new Set(usable)]));
  }

  #mayJoin(object: string, kind: GroupKind, name: string): boolean {
    if (this.#groups[kind].has(name)) return true;
    if (this.#badGroups.has(`${kind}\t${name}`)) return false;
    const fault = this.#groupFault(kind, name);
    if (fault === null) this.#groups[kind].set(name, name);
    else this.#refuseGroup(object, "groups", kind, name, fault);
    return fault === null;
  }

  #addGroup(kind: GroupKind, { name, alias }: Group): void {
    if (this.#groups[kind].has(name)) return;
    const object = `${kind} ${printable(name)}`;
    const fault = this.#groupFault(kind, name);
    if (fault !== null) {
      this.#refuseGroup(object, "name", kind, name, fault);
      return;
    }
    const aliasFault = alias === "" ? null : textFault(alias);
    if (aliasFault !== null) this.#refuse(object, "display_name", aliasFault, "replaced");
    this.#groups[kind].set(name, alias === "" || aliasFault !== null ? name : alias);
  }

  /** Of the centre's own groups a site must not become a member: central rules look at them. */
  #groupFault(kind: GroupKind, name: string): string | null {
    const isForeign = this.#foreign[`${kind}s`].has(name);
    return isForeign ? "is a group of the centre's own" : objectNameFault(name);
  }

  #refuseGroup(object: string, name: string, kind: GroupKind, group: string, fault: string): void {
    this.#badGroups.add(`${kind}\t${group}`);
    this.#refuse(object, name, fault, name === "name" ? "left out" : "replaced");
  }

  #refuse(object: string, name: string, reason: string, outcome: ObjectRefusal["outcome"]): null {
    this.#refused.push({ site: this.#site.site, object, directive: name, reason, outcome });
    return null;
  }
}

function importLines(templates: readonly string[]): string[] {
  return templates.map((name) => `  import ${literal(name)}\n`);
}

function attribute(name: string, encoded: string): string {
  return `  ${name} = ${encoded}\n`;
}
