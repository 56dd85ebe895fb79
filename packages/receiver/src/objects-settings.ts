// What receiver.yaml says about object configuration: the target, and each site's objects.

import {
  absolutePath,
  commandWords,
  duration,
  explained,
  fileMode,
  groupName,
  kind,
  patterns,
} from "@siteferry/agent";
import {
  type CopiedText,
  copiedTexts,
  defaultIllegalNameCharacters,
  defaultIllegalValueCharacters,
  type ObjectStyle,
} from "@siteferry/apply";
import { isNameFault, parseHostName } from "@siteferry/model";
import { z } from "zod";
import { matcher } from "./ownership.ts";

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
  /** Likewise for aliases, notes and the like, which become part of notification commands. */
  readonly illegalValueCharacters: string;
  /** Without it, what is rendered is live at the core's next start, unchecked. */
  readonly activate?: ActivationSettings | undefined;
}

export interface ActivationSettings {
  /** The core's main file, nagios.cfg. */
  readonly config: string;
  /** The core's own check; `{config}` stands for a main file with the new objects. Exit status 0 is a yes. */
  readonly check: readonly string[];
  /** Makes the core load its objects anew; without it RESTART_PROGRAM goes into its command file. */
  readonly reload?: readonly string[] | undefined;
  /** At most one reload in so long, milliseconds. */
  readonly reloadEvery: number;
  /** How long the check, the reload, and the core's start after it may take, each; milliseconds. */
  readonly timeout: number;
}

/** How the objects of a site look at the centre. */
export interface SiteObjectSettings {
  /** Its first configuration goes live without `siteferry config approve`. */
  readonly autoApprove: boolean;
  readonly hostGroups: readonly string[];
  readonly groupPrefix: string;
  readonly hostTemplates: readonly string[];
  readonly serviceTemplates: readonly string[];
  readonly attempts: "hard" | "mirror";
  readonly notifications?: boolean | undefined;
  readonly flapDetection?: boolean | undefined;
  /** Milliseconds; `off` for never. */
  readonly freshness: number | "off";
  readonly copy: readonly CopiedText[];
  /** Patterns of names, without the underscore. */
  readonly customVariables: readonly string[];
}

const targetCore = z.enum(["nagios", "naemon"]);
const command = commandWords.min(1);

const activationSchema = explained(
  z.strictObject({
    config: absolutePath,
    check: command.optional(),
    reload: command.optional(),
    reloadEvery: duration.prefault("50s"),
    timeout: duration.prefault("60s"),
  }),
  {
    config: "the core's main file, `nagios.cfg`; siteferry reads it and never writes it",
    check:
      "the core's own check, without a shell; `{config}` stands for a main file with the new objects. " +
      "By default `nagios4 -v {config}` or `naemon -v {config}`; " +
      'OMD: `[bin/nagios, -v, "{config}"]` with the whole path',
    reload:
      "makes the core load its objects anew, without a shell: `[sudo, systemctl, reload, nagios4]`, " +
      "`[omd, reload, core]`. Without it `RESTART_PROGRAM` goes into the core's command file",
    reloadEvery: "at most one reload in so long; what changes meanwhile shares the next",
    timeout: "how long the check, the reload, and the core's start after it may take, each",
  },
);

const checks = { nagios: ["nagios4", "-v", "{config}"], naemon: ["naemon", "-v", "{config}"] };

export const objectsSchema: z.ZodType<ObjectsSettings> = explained(
  z.strictObject({
    dir: absolutePath,
    core: targetCore,
    mode: fileMode.prefault("0644"),
    group: groupName.optional(),
    illegalNameCharacters: z.string().default(defaultIllegalNameCharacters),
    illegalValueCharacters: z.string().default(defaultIllegalValueCharacters),
    activate: activationSchema.optional(),
  }),
  {
    dir: "a directory for siteferry alone, named by a `cfg_dir` of the core; made if it is missing",
    core: "both read the same files today",
    mode: "of the files",
    group: "the group that the files are given to; without it the directory decides",
    illegalNameCharacters:
      "the core's `illegal_object_name_chars`, exactly. One name with one of them, and the core loads " +
      "nothing; such objects are left out and logged",
    illegalValueCharacters:
      "likewise for aliases, notes and the like, which become part of notification commands; " +
      "by default the core's `illegal_macro_output_chars`",
    activate:
      "[activation](objects.md#activation): the core's own check, reload, rollback. " +
      "Without it what is rendered is live at the core's next start",
  },
).transform(({ activate, ...rest }) => ({
  ...rest,
  ...(activate && { activate: { ...activate, check: activate.check ?? checks[rest.core] } }),
}));

/** The operator's own names: what could end a directive would be a slip. */
const objectName = z
  .string()
  .refine((name) => !isNameFault(parseHostName(name)), "not the name of an object")
  .regex(/^[^,{}$#!+*?]+$/, "not the name of an object");
const objectNames = kind("list of names", z.array(objectName)).default([]);

export const siteObjectsSchema: z.ZodType<SiteObjectSettings, object> = explained(
  z.strictObject({
    autoApprove: z.boolean().default(false),
    hostGroups: objectNames,
    groupPrefix: z
      .string()
      .refine((prefix) => objectName.safeParse(`${prefix}x`).success, "can't begin a group's name")
      .default(""),
    hostTemplates: objectNames,
    serviceTemplates: objectNames,
    attempts: z.enum(["hard", "mirror"]).default("hard"),
    notifications: z.boolean().optional(),
    flapDetection: z.boolean().optional(),
    freshness: kind("duration, `off`", z.literal("off").or(duration)).prefault("15m"),
    copy: z.array(z.enum(copiedTexts)).default([]),
    customVariables: patterns.default([]),
  }),
  {
    autoApprove: "its first configuration goes live without `siteferry config approve`",
    hostGroups:
      "host groups that each of its hosts is put into besides its own; made if the centre hasn't got them",
    groupPrefix: "stands before the names of its groups",
    hostTemplates:
      "templates of the centre that its hosts `use`, such as `check_mk_default`; " +
      "what they say wins over siteferry's defaults",
    serviceTemplates: "likewise of its services",
    attempts:
      "`max_check_attempts`: 1, as the site has decided what is hard, or " +
      "[the site's own](fidelity.md#attempts)",
    notifications: "`notifications_enabled`; without it as the templates say, and off without any",
    flapDetection: "`flap_detection_enabled`, likewise",
    freshness:
      "a service turns UNKNOWN when its result is later than three check intervals and this",
    copy: "what else is copied",
    customVariables: "custom variables that are copied, by their names without the underscore",
  },
);

export function styleOf(
  settings: SiteObjectSettings,
  contacts: Pick<ObjectStyle, "contacts" | "contactGroups">,
): ObjectStyle {
  const { freshness, copy, customVariables } = settings;
  return {
    ...settings,
    ...contacts,
    freshnessMs: freshness === "off" ? null : freshness,
    copy: new Set(copy),
    copiesVariable: matcher(customVariables),
  };
}
