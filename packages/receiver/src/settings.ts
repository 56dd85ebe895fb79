// receiver.yaml: every key, its default and what it means. docs/configuration.md shows the same.

import {
  absolutePath,
  duration,
  fileMode,
  groupName,
  oneOf,
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
  /** Nothing goes back to the site, not even a receipt. */
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
const textList = z.array(z.string().min(1)).default([]);

const hostName = z.string().transform((text, context): HostName => {
  const name = parseHostName(text);
  if (!isNameFault(name)) return name;
  context.addIssue(`"${name.shown}" ${name.problem}`);
  return z.NEVER;
});

const healthSchema: z.ZodType<HealthSettings, object> = z.strictObject({
  host: hostName.optional(),
  service: z
    .string()
    .refine((text) => text.includes("{site}"), "{site} belongs into it")
    .refine(isServiceName, "no name of a service")
    .default("siteferry {site}"),
  warning: z.number().min(1).default(2),
  critical: z.number().min(1).default(4),
});

function isServiceName(text: string): boolean {
  const isName = !isNameFault(parseServiceDescription(text.replaceAll("{site}", "x".repeat(32))));
  // Which an Icinga 2 refuses, and Nagios by its sample configuration.
  return isName && !text.includes("!");
}

const plainSiteSchema = z.strictObject({
  interval: duration.prefault("60s"),
  owns: z.array(z.string().min(1)).default(["*"]),
  foreignHosts: z.enum(["refuse", "leave-out"]).default("refuse"),
  prefix: z
    .string()
    .refine((prefix) => !isNameFault(parseHostName(`${prefix}x`)), "can't begin a host's name")
    .default(""),
  rename: z.record(hostName, hostName).default({}).refine(isDistinct, "two hosts would be one"),
  feeds: textList,
  encrypted: z.boolean().default(false),
  clock: z.enum(["keep", "ahead", "both"]).default("ahead"),
  whenSilent: z.enum(["keep", "services", "all"]).default("keep"),
  oneWay: z.boolean().default(false),
  livedump: z.boolean().default(false),
  contacts: textList,
  contactGroups: textList,
  objects: siteObjectsSchema.prefault({}),
});
const siteSchema = plainSiteSchema.refine(
  ({ encrypted, livedump }) => !(encrypted && livedump),
  "livedump isn't encrypted: it can't be, where encrypted is true",
);

function isDistinct(names: Readonly<Record<string, string>>): boolean {
  return new Set(Object.values(names)).size === Object.keys(names).length;
}

const checkResultsSchema: z.ZodType<CheckResultsSettings> = z.strictObject({
  dir: absolutePath,
  core: targetCore,
  mode: fileMode.prefault("0644"),
  group: groupName.optional(),
  objectCache: absolutePath.optional(),
});

const targetSchema: z.ZodType<TargetSettings> = oneOf("target", {
  checkresults: checkResultsSchema,
  objects: objectsSchema,
  icinga2: icinga2Schema,
  cmc: cmcSchema,
  commands: commandsSchema,
});

const plainSchema = z.strictObject({
  centre: siteId,
  spool: absolutePath.default("/var/lib/siteferry"),
  key: absolutePath.optional(),
  identity: absolutePath.optional(),
  allowedSigners: absolutePath,
  revokedKeys: absolutePath.optional(),
  schedule: schedule.default("* * * * *"),
  reservedHosts: textList,
  health: healthSchema.prefault({}),
  page: pageSchema.optional(),
  sites: z.record(siteId, section(siteSchema)),
  transports: z.array(transportSchema).default([]),
  targets: z.array(targetSchema).min(1, "name at least one target"),
});

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
