// What all objects of one site inherit: the centre's settings for the site, said once.

import type { SiteId } from "@siteferry/model";
import { directive } from "./encode.ts";
import type { ObjectStyle } from "./style.ts";
import { frameOf, staleCommand } from "./templates.ts";

type Kind = keyof typeof frameOf;

export function templateOf(kind: Kind, site: SiteId): string {
  return `siteferry-${kind}-of-${site}`;
}

export function siteTemplates(site: SiteId, style: ObjectStyle): string {
  return (["host", "service"] as const).map((kind) => siteTemplate(kind, site, style)).join("");
}

function siteTemplate(kind: Kind, site: SiteId, style: ObjectStyle): string {
  const { contacts, contactGroups, notifications, flapDetection } = style;
  const [first, last] = frameOf[kind];
  const between = kind === "host" ? style.hostTemplates : style.serviceTemplates;
  return [
    `define ${kind} {\n`,
    directive("name", templateOf(kind, site)),
    directive("use", [first, ...between, last].join(",")),
    directive("register", 0),
    directive("check_command", `${staleCommand}!${site}`),
    contacts.length === 0 ? "" : directive("contacts", contacts.join(",")),
    contactGroups.length === 0 ? "" : directive("contact_groups", contactGroups.join(",")),
    notifications === undefined ? "" : directive("notifications_enabled", Number(notifications)),
    flapDetection === undefined ? "" : directive("flap_detection_enabled", Number(flapDetection)),
    "}\n\n",
  ].join("");
}
