// sender.yaml: every key, its default and what it means. docs/configuration.md shows the same.

import {
  absolutePath,
  duration,
  schedule,
  section,
  siteId,
  type TlsFiles,
  tlsFiles,
} from "@siteferry/agent";
import { type SourceFlavour, sourceFlavours } from "@siteferry/collect";
import { isAgeRecipient } from "@siteferry/bundle";
import type { SiteId } from "@siteferry/model";
import { z } from "zod";
import { type TransportSettings, transportSchema } from "./transports/index.ts";

export interface SenderSettings {
  /** This site's id, as the centre knows it. */
  readonly site: SiteId;
  /** The receiver's name: a bundle for another centre is refused there. */
  readonly centre: SiteId;
  /** `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. Either this or `exec`. */
  readonly livestatus?: string | undefined;
  /** Commands of the vendor that dump the site, in place of reading its core through Livestatus. */
  readonly exec?: ExecSettings | undefined;
  /** For `tls:`. */
  readonly tls?: TlsFiles | undefined;
  /** Which core is read; `auto` asks it. */
  readonly core: SourceFlavour | "auto";
  /** When the daemon dumps: a cron line. */
  readonly schedule: string;
  /** The whole state and the configuration travel at least this often; milliseconds. */
  readonly keyframe: number;
  /** How long the core may take to accept a connection, milliseconds. */
  readonly connectTimeout: number;
  /** How long the core may stay silent within an answer, milliseconds. */
  readonly answerTimeout: number;
  /** Public keys of age (`age1…`) that alone can read the payload; without any it isn't encrypted. */
  readonly encryptTo: readonly string[];
  /** The private key that signs: OpenSSH, Ed25519, mode 0600. */
  readonly key: string;
  readonly spool: string;
  /** Livestatus header lines that choose objects, such as `Filter: name ~ ^web`. */
  readonly filters: { readonly hosts: readonly string[]; readonly services: readonly string[] };
  /** Whether what happened between two dumps travels, out of the core's own log. */
  readonly events: boolean;
  /** Nothing may come back from the centre: a transport on which something does is refused. */
  readonly oneWay: boolean;
  /** Each bundle goes through `all` transports, or through the `first` that works, in their order. */
  readonly deliver: "all" | "first";
  /** The centre's keys, as in allowed_signers: needed by transports that bring a receipt. */
  readonly centreKeys?: string | undefined;
  readonly transports: readonly TransportSettings[];
}

/** Programs with their arguments, run without a shell. */
export interface ExecSettings {
  /** Prints the configuration; empty: it doesn't travel. */
  readonly config: readonly string[];
  readonly states: readonly string[];
  /** How long each may take, milliseconds. */
  readonly timeout: number;
}

const words = z.array(z.string().min(1));

const plainSchema = z.strictObject({
  site: siteId,
  centre: siteId,
  livestatus: z.string().optional(),
  exec: section(
    z.strictObject({
      config: words.default(["cmcdump", "-C"]),
      states: words.min(1, "name the command that prints the states").default(["cmcdump"]),
      timeout: duration.prefault("60s"),
    }),
  ).optional(),
  tls: tlsFiles.optional(),
  core: z.enum(["auto", ...sourceFlavours]).default("auto"),
  schedule: schedule.default("* * * * *"),
  keyframe: duration.prefault("1h"),
  connectTimeout: duration.prefault("10s"),
  answerTimeout: duration.prefault("60s"),
  encryptTo: z
    .array(z.string().refine(isAgeRecipient, "not a public key of age: age1…"))
    .default([]),
  key: absolutePath,
  spool: absolutePath.default("/var/lib/siteferry"),
  filters: z
    .strictObject({
      hosts: z.array(z.string()).default([]),
      services: z.array(z.string()).default([]),
    })
    .prefault({}),
  events: z.boolean().default(true),
  oneWay: z.boolean().default(false),
  deliver: z.enum(["all", "first"]).default("all"),
  centreKeys: absolutePath.optional(),
  transports: z.array(transportSchema).min(1, "name at least one transport"),
});

export const senderSchema: z.ZodType<SenderSettings> = plainSchema.superRefine(
  ({ livestatus, exec }, context) => {
    if ((livestatus === undefined) !== (exec === undefined)) return;
    const message =
      "name either where Livestatus listens, or the commands that dump the site: exec";
    context.addIssue({ code: "custom", message, path: ["livestatus"] });
  },
);
