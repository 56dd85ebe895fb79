// For tests: rows of a site, and what they are rendered to.

import type {
  Configuration,
  HostConfiguration,
  HostName,
  ServiceConfiguration,
  ServiceDescription,
  SiteId,
} from "@siteferry/model";
import { defaultIllegalNameCharacters, defaultIllegalValueCharacters } from "./encode.ts";
import {
  groupsFile,
  ObjectsRendering,
  type RenderOptions,
  siteFile,
  type SiteObjects,
  type SiteRefusal,
  templatesFile,
} from "./render.ts";
import { nothingAtCentre, type ObjectStyle } from "./style.ts";

const common = {
  display_name: "",
  check_command: "evil!$USER1$",
  max_check_attempts: 3,
  check_interval: 1,
  retry_interval: 1,
  active_checks_enabled: 1,
  groups: [],
  contacts: ["root"],
  contact_groups: ["everyone"],
  icon_image: null,
  notes: null,
  notes_url: null,
  action_url: null,
  custom_variables: [["EVIL", "x"]],
} as const;

export function host(name: string, change: Partial<HostConfiguration> = {}): HostConfiguration {
  return { ...common, name: name as HostName, alias: "", address: "", parents: [], ...change };
}

export function service(
  on: string,
  description: string,
  change: Partial<ServiceConfiguration> = {},
): ServiceConfiguration {
  return {
    ...common,
    host_name: on as HostName,
    description: description as ServiceDescription,
    ...change,
  };
}

export const plain: ObjectStyle = {
  contacts: [],
  contactGroups: [],
  hostGroups: [],
  groupPrefix: "",
  hostTemplates: [],
  serviceTemplates: [],
  attempts: "hard",
  freshnessMs: null,
  copy: new Set(),
  copiesVariable: () => false,
};

export function site(
  id: string,
  configuration: Partial<Configuration>,
  change: Partial<SiteObjects> = {},
): SiteObjects {
  const none: Configuration = { hosts: [], services: [], hostgroups: [], servicegroups: [] };
  return {
    site: id as SiteId,
    configuration: { ...none, ...configuration },
    hostName: (name) => name,
    style: plain,
    ...change,
  };
}

export const options: RenderOptions = {
  illegalNameCharacters: defaultIllegalNameCharacters,
  illegalValueCharacters: defaultIllegalValueCharacters,
  centre: nothingAtCentre,
  recordsDirectory: "/spool/sites",
};

export interface Rendered {
  readonly files: ReadonlyMap<string, string>;
  readonly hosts: number;
  readonly services: number;
  readonly refused: readonly SiteRefusal[];
}

export function renderObjects(sites: readonly SiteObjects[], how: RenderOptions): Rendered {
  const rendering = new ObjectsRendering(how);
  const files = new Map(sites.map((one) => [siteFile(one.site), rendering.site(one)]));
  files.set(templatesFile, rendering.templates()).set(groupsFile, rendering.groups());
  const count = (kind: string): number => {
    const blocks = new RegExp(`^define ${kind} \\{\\n  use `, "gm");
    return [...files.values()].flatMap((text) => text.match(blocks) ?? []).length;
  };
  return { files, hosts: count("host"), services: count("service"), refused: rendering.refused };
}

export function render(...sites: readonly SiteObjects[]): Rendered {
  return renderObjects(sites, options);
}

export const fileOf = (rendered: Rendered, id = "a"): string =>
  rendered.files.get(`siteferry-site-${id}.cfg`)!;
