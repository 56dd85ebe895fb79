// receiver.yaml: every key, its default and what it means.

import {
  absolutePath,
  anyNames,
  duration,
  explained,
  fileMode,
  groupName,
  kind,
  oneOf,
  patterns,
  schedule,
  section,
  siteId,
} from "@siteferry/agent";
import {
  type HostName,
  isNameFault,
  parseHostName,
  parseServiceDescription,
  type SiteId,
} from "@siteferry/model";
import { z } from "zod";
import { type CmcSettings, cmcSchema } from "./cmc-settings.ts";
import { type CommandsSettings, commandsSchema } from "./commands-settings.ts";
import { pageSchema, type PageSettings } from "./page-settings.ts";
import { icinga2Schema, type Icinga2Settings } from "./icinga2-settings.ts";
import {
  objectsSchema,
  type ObjectsSettings,
  type SiteObjectSettings,
  siteObjectsSchema,
} from "./objects-settings.ts";
import {
  livedumpSite,
  sitesOf,
  type TransportSettings,
  transportSchema,
} from "./transports/index.ts";

export interface ReceiverSettings {
  /** This centre's name: bundles for another are refused. */
  readonly centre: SiteId;
  readonly spool: string;
  /** Signs receipts, for links that carry something back. */
  readonly key?: string | undefined;
  /** A file with private keys of age, for sites that encrypt; mode 0600. */
  readonly identity?: string | undefined;
  /** OpenSSH's allowed_signers: which key may sign for which site. */
  readonly allowedSigners: string;
  /** Public keys, one a line, that are not believed any more. */
  readonly revokedKeys?: string | undefined;
  /** When the daemon looks, besides being woken by arrivals: a cron line. */
  readonly schedule: string;
  /** Patterns of the centre's own hosts, for which no site may speak. */
  readonly reservedHosts: readonly string[];
  /** What is expected of the sites, and the host whose services show it. */
  readonly health: HealthSettings;
  /** Where the daemon serves its page and metrics; absent: nowhere. */
  readonly page?: PageSettings | undefined;
  readonly sites: Readonly<Record<SiteId, SiteSettings>>;
  readonly transports: readonly TransportSettings[];
  readonly targets: readonly TargetSettings[];
}

export interface HealthSettings {
  /** A host of the centre's own; absent: no services. */
  readonly host?: HostName | undefined;
  /** The service's name, with `{site}` in it. */
  readonly service: string;
  /** Of a site's intervals without a bundle: WARNING, and CRITICAL. */
  readonly warning: number;
  readonly critical: number;
}

export interface SiteSettings {
  /** How often a bundle of it is expected, milliseconds. */
  readonly interval: number;
  /**
   * Patterns of the host names, as the site itself calls them, that it may speak for; `*` stands for
   * any text.
   */
  readonly owns: readonly string[];
  /** What becomes of a bundle with another host: refused whole, or applied without that host. */
  readonly foreignHosts: "refuse" | "leave-out";
  /** Stands before each of its host names at the centre. */
  readonly prefix: string;
  /** What some of its hosts are called at the centre instead. */
  readonly rename: Readonly<Record<string, HostName>>;
  /**
   * Patterns of hosts, by their names at the centre, that the centre defines itself and this site's states
   * are for; looked at where siteferry makes objects live.
   */
  readonly feeds: readonly string[];
  /** Bundles that aren't encrypted are refused. */
  readonly encrypted: boolean;
  /** When times of its results are corrected: `ahead` if its clock is ahead, `both` also if it is behind. */
  readonly clock: "keep" | "ahead" | "both";
  /** What is shown of it once it is silent: the last that is known, its services as UNKNOWN, its hosts too. */
  readonly whenSilent: "keep" | "services" | "all";
  /** No receipt goes back to the site. */
  readonly oneWay: boolean;
  /** It may speak by livedump, unsigned: the operator trusts the link to speak for it. */
  readonly livedump: boolean;
  /** Contacts of the central configuration that its objects get; likewise the groups. */
  readonly contacts: readonly string[];
  readonly contactGroups: readonly string[];
  readonly objects: SiteObjectSettings;
}

export type TargetSettings =
  | { readonly checkresults: CheckResultsSettings }
  | { readonly objects: ObjectsSettings }
  | { readonly icinga2: Icinga2Settings }
  | { readonly cmc: CmcSettings }
  | { readonly commands: CommandsSettings };

export interface CheckResultsSettings {
  /** The core's `check_result_path`. */
  readonly dir: string;
  readonly core: "nagios" | "naemon";
  /** Of the files: the core's user must be able to read them. */
  readonly mode: number;
  /** The group that the files are given to, by name or number; without it the directory's. */
  readonly group?: string | undefined;
  /** The core's `object_cache_file`: results of objects that aren't in it wait until they are. */
  readonly objectCache?: string | undefined;
}

const targetCore = z.enum(["nagios", "naemon"]);
const namesOrNone = anyNames.default([]);
const patternsOrNone = patterns.default([]);

const hostName = z.string().transform((text, context): HostName => {
  const name = parseHostName(text);
  if (!isNameFault(name)) return name;
  context.addIssue(`"${name.shown}" ${name.problem}`);
  return z.NEVER;
});

const healthSchema: z.ZodType<HealthSettings, object> = explained(
  z.strictObject({
    host: kind("name of a host", hostName).optional(),
    service: z
      .string()
      .refine((text) => text.includes("{site}"), "{site} belongs into it")
      .refine(isServiceName, "no name of a service")
      .default("siteferry {site}"),
    warning: z.number().min(1).default(2),
    critical: z.number().min(1).default(4),
  }),
  {
    host:
      "a host of the centre's own that gets a service for each site, " +
      "[which says how the site is](operating.md#how-each-site-is); a core that hasn't got it shows none",
    service: "what such a service is called; with `{site}` in it",
    warning: "a site is WARNING after so many of its intervals without a bundle",
    critical: "and CRITICAL after so many",
  },
);

function isServiceName(text: string): boolean {
  const isName = !isNameFault(parseServiceDescription(text.replaceAll("{site}", "x".repeat(32))));
  // Which an Icinga 2 refuses, and Nagios by its sample configuration.
  return isName && !text.includes("!");
}

const plainSiteSchema = explained(
  z.strictObject({
    interval: duration.prefault("60s"),
    owns: patterns.default(["*"]),
    foreignHosts: z.enum(["refuse", "leave-out"]).default("refuse"),
    prefix: z
      .string()
      .refine((prefix) => !isNameFault(parseHostName(`${prefix}x`)), "can't begin a host's name")
      .default(""),
    rename: kind("map of names", z.record(hostName, hostName))
      .default({})
      .refine(isDistinct, "two hosts would be one"),
    feeds: patternsOrNone,
    encrypted: z.boolean().default(false),
    clock: z.enum(["keep", "ahead", "both"]).default("ahead"),
    whenSilent: z.enum(["keep", "services", "all"]).default("keep"),
    oneWay: z.boolean().default(false),
    livedump: z.boolean().default(false),
    contacts: namesOrNone,
    contactGroups: namesOrNone,
    objects: siteObjectsSchema.prefault({}),
  }),
  {
    interval:
      "how often a bundle of it is expected: as often as its sender's `schedule` says, more for a slow " +
      "link or a stick",
    owns: "the hosts it may speak for, by the names that the site gives them; `*` stands for any text",
    foreignHosts:
      "a bundle with another host is refused whole (`refuse`), or applied without that host, in silence " +
      "(`leave-out`)",
    prefix:
      "stands before each of its host names at the centre; what can't begin a host's name is refused",
    rename:
      "what some of its hosts are called at the centre, in place of the prefix: " +
      "`{ gateway: acme-gateway }`. No two hosts may get one name",
    feeds:
      "hosts, by their names at the centre, that the centre defines itself and this site's states are for. " +
      "Looked at where siteferry makes objects live ([`activate`](objects.md#activation), Icinga 2): of " +
      "other such hosts no states are taken",
    encrypted: "`true`: its bundles in clear are refused with `encryption-missing`",
    clock:
      "whether the times of its results are corrected when its clock differs from the centre's by more " +
      "than 30 s, as the quickest of its last five bundles tells: `ahead` if it is ahead, `both` also if " +
      "it is behind (only for quick links: a bundle that takes long to come looks the same), `keep` never",
    whenSilent:
      "[what is shown](operating.md#what-is-shown-of-a-silent-site) when no bundle has come for " +
      "`health.critical` intervals and one more: the last that is known (`keep`), `services` as UNKNOWN, " +
      "or `all`: hosts as UNREACHABLE or DOWN, too",
    oneWay:
      "`true`: no receipt goes back to this site. By http and ssh it still hears whether its bundle was taken, and why not: where nothing may go back, choose a link that has no way back",
    livedump:
      "`true`: it may speak by [livedump](migration.md#the-centre-first), unsigned: you trust the " +
      "link to speak for it. Needs `key`, and a line of the centre's own key for the site in " +
      "`allowedSigners`; not with `encrypted`",
    contacts: "contacts of the central core that all its objects get; a site can't name any",
    contactGroups: "contact groups, likewise",
    objects:
      "how its objects look at the centre: [object configuration](objects.md#a-sites-objects)",
  },
);

const siteSchema = plainSiteSchema.refine(
  ({ encrypted, livedump }) => !(encrypted && livedump),
  "livedump isn't encrypted: it can't be, where encrypted is true",
);

function isDistinct(names: Readonly<Record<string, string>>): boolean {
  return new Set(Object.values(names)).size === Object.keys(names).length;
}

const checkResultsSchema: z.ZodType<CheckResultsSettings> = explained(
  z.strictObject({
    dir: absolutePath,
    core: targetCore,
    mode: fileMode.prefault("0644"),
    group: groupName.optional(),
    objectCache: absolutePath.optional(),
  }),
  {
    dir:
      "the core's `check_result_path`; this user must be able to write it, and the core's user to " +
      "remove from it",
    core: "they [undo escapes differently](facts.md#the-check-result-spool)",
    mode: "of the files: the core's user must be able to read them",
    group: "the group that the files are given to; without it the directory decides",
    objectCache:
      "the core's `object_cache_file`. Results of objects that aren't in it wait until they are. " +
      "Without it the core gets them, and loses those of objects that it doesn't know",
  },
);

const targetSchema: z.ZodType<TargetSettings> = oneOf(
  "target",
  {
    checkresults: checkResultsSchema,
    objects: objectsSchema,
    icinga2: icinga2Schema,
    cmc: cmcSchema,
    commands: commandsSchema,
  },
  {
    checkresults: "states, as check results of a core",
    objects: "[object configuration](objects.md)",
    icinga2: "states and object configuration of [an Icinga 2](icinga2.md), through its API",
    cmc: "dumps of [Checkmk's own core](cmc.md), into one",
    commands:
      "acknowledgements, downtimes and comments, as [external commands](commands.md) of a core",
  },
);

const plainSchema = explained(
  z.strictObject({
    centre: siteId,
    spool: absolutePath.default("/var/lib/siteferry"),
    key: absolutePath.optional(),
    identity: absolutePath.optional(),
    allowedSigners: absolutePath,
    revokedKeys: absolutePath.optional(),
    schedule: schedule.default("* * * * *"),
    reservedHosts: patternsOrNone,
    health: healthSchema.prefault({}),
    page: pageSchema.optional(),
    sites: kind("map by site id", z.record(siteId, section(siteSchema))),
    transports: z.array(transportSchema).default([]),
    targets: z.array(targetSchema).min(1, "name at least one target"),
  }),
  {
    centre: "this centre's name; bundles for another are refused",
    spool:
      "the receiver's own files, below `receiver/`; made with mode 0700. " +
      "A local disk, one file system, with hard links",
    key:
      "the centre's private key: OpenSSH, Ed25519, mode 0600. It signs receipts: required for links that " +
      "carry something back (`receive --stdin`, http), [see below](#receipts)",
    identity:
      "private keys of age, one a line, mode 0600, for sites that [encrypt](#encryption); " +
      "read anew in every run",
    allowedSigners:
      "which key may sign for which site, [see below](#allowed_signers); read anew in every run",
    revokedKeys:
      "public keys that aren't believed any more, whatever `allowedSigners` says, " +
      "[see below](#revocation); read anew in every run",
    schedule: "when the daemon looks; it also does at its start, and when something arrives",
    reservedHosts:
      "the centre's own hosts: a bundle with one of them, as it would be called at the centre, is refused " +
      "with `host-of-another-site`",
    health: "what is expected of the sites",
    page: "the daemon serves [a page for people and metrics](operating.md#the-page); without it nothing listens",
    sites: "the sites that are taken in; bundles of others are refused with `site-unknown`",
    transports: "where bundles arrive, besides `receive --stdin` and `receive --mail`",
    targets: "what the receiver writes into",
  },
);

export const receiverSchema: z.ZodType<ReceiverSettings> = plainSchema.superRefine(
  ({ key, sites, transports }, context) => {
    for (const [site, { livedump }] of Object.entries(sites)) {
      if (!livedump || key !== undefined) continue;
      const message = "needs the centre's key, which seals what comes";
      context.addIssue({ code: "custom", message, path: ["sites", site, "livedump"] });
    }
    for (const [index, transport] of transports.entries()) {
      const speaker = livedumpSite(transport);
      if (speaker !== undefined && sites[speaker]?.livedump !== true) {
        const message = `${speaker} has no "livedump: true" above`;
        context.addIssue({ code: "custom", message, path: ["transports", index, "mail"] });
      }
      for (const { site, at } of sitesOf(transport)) {
        if (Object.hasOwn(sites, site)) continue;
        const message = `${site} isn't one of the sites above`;
        context.addIssue({ code: "custom", message, path: ["transports", index, ...at] });
      }
    }
  },
);
