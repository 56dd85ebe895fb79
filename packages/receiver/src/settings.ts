// receiver.yaml: every key, its default and what it means. docs/configuration.md shows the same.

import {
  absolutePath,
  fileMode,
  groupName,
  oneOf,
  schedule,
  section,
  siteId,
} from "@siteferry/agent";
import { defaultIllegalNameCharacters } from "@siteferry/apply";
import { isNameFault, parseHostName, type SiteId } from "@siteferry/model";
import { z } from "zod";
import { type CmcSettings, cmcSchema } from "./cmc-settings.ts";
import { sitesOf, type TransportSettings, transportSchema } from "./transports/index.ts";

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
  readonly sites: Readonly<Record<SiteId, SiteSettings>>;
  readonly transports: readonly TransportSettings[];
  readonly targets: readonly TargetSettings[];
}

export interface SiteSettings {
  /**
   * Patterns of the host names, as the site itself calls them, that it may speak for; `*` stands for
   * any text.
   */
  readonly owns: readonly string[];
  /** What becomes of a bundle with another host: refused whole, or applied without that host. */
  readonly foreignHosts: "refuse" | "leave-out";
  /** Stands before each of its host names at the centre. */
  readonly prefix: string;
  /** Bundles that aren't encrypted are refused. */
  readonly encrypted: boolean;
  /** Nothing goes back to the site, not even a receipt. */
  readonly oneWay: boolean;
  /** Contacts of the central configuration that its objects get; likewise the groups. */
  readonly contacts: readonly string[];
  readonly contactGroups: readonly string[];
}

export type TargetSettings =
  | { readonly checkresults: CheckResultsSettings }
  | { readonly objects: ObjectsSettings }
  | { readonly cmc: CmcSettings };

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

export interface ObjectsSettings {
  /** A directory that the core reads through `cfg_dir`, used by siteferry alone. */
  readonly dir: string;
  readonly core: "nagios" | "naemon";
  readonly mode: number;
  readonly group?: string | undefined;
  /**
   * The core's `illegal_object_name_chars`: one name with one of them, and it wouldn't load any
   * object. By default those of the sample nagios.cfg, which Debian ships.
   */
  readonly illegalNameCharacters: string;
}

const targetCore = z.enum(["nagios", "naemon"]);
const textList = z.array(z.string().min(1)).default([]);

const siteSchema = z.strictObject({
  owns: z.array(z.string().min(1)).default(["*"]),
  foreignHosts: z.enum(["refuse", "leave-out"]).default("refuse"),
  prefix: z
    .string()
    .refine((prefix) => !isNameFault(parseHostName(`${prefix}x`)), "can't begin a host's name")
    .default(""),
  encrypted: z.boolean().default(false),
  oneWay: z.boolean().default(false),
  contacts: textList,
  contactGroups: textList,
});

const checkResultsSchema: z.ZodType<CheckResultsSettings> = z.strictObject({
  dir: absolutePath,
  core: targetCore,
  mode: fileMode.prefault("0644"),
  group: groupName.optional(),
  objectCache: absolutePath.optional(),
});

const objectsSchema: z.ZodType<ObjectsSettings> = z.strictObject({
  dir: absolutePath,
  core: targetCore,
  mode: fileMode.prefault("0644"),
  group: groupName.optional(),
  illegalNameCharacters: z.string().default(defaultIllegalNameCharacters),
});

const targetSchema: z.ZodType<TargetSettings> = oneOf("target", {
  checkresults: checkResultsSchema,
  objects: objectsSchema,
  cmc: cmcSchema,
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
  sites: z.record(siteId, section(siteSchema)),
  transports: z.array(transportSchema).default([]),
  targets: z.array(targetSchema).min(1, "name at least one target"),
});

export const receiverSchema: z.ZodType<ReceiverSettings> = plainSchema.superRefine(
  ({ sites, transports }, context) => {
    for (const [index, transport] of transports.entries()) {
      for (const { site, at } of sitesOf(transport)) {
        if (Object.hasOwn(sites, site)) continue;
        const message = `${site} isn't one of the sites above`;
        context.addIssue({ code: "custom", message, path: ["transports", index, ...at] });
      }
    }
  },
);
