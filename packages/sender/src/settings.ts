// sender.yaml: every key, its default and what it means. docs/configuration.md shows the same.

import {
  absolutePath,
  commandWords,
  duration,
  explained,
  kind,
  schedule,
  section,
  siteId,
  type TlsFiles,
  tlsFiles,
} from "@siteferry/agent";
import { type SourceFlavour, sourceFlavours } from "@siteferry/collect";
import { isAgeRecipient } from "@siteferry/bundle";
import { parseAddress } from "@siteferry/livestatus";
import { explain, type SiteId } from "@siteferry/model";
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

const execSchema = explained(
  z.strictObject({
    config: commandWords.default(["cmcdump", "-C"]),
    states: commandWords.min(1, "name the command that prints the states").default(["cmcdump"]),
    timeout: duration.prefault("60s"),
  }),
  {
    config: "prints the configuration; `[]`: none travels",
    states: "prints the states",
    timeout: "how long each may take; then it is killed with all that it started",
  },
);

const address = z.string().superRefine((text, context) => {
  try {
    parseAddress(text);
  } catch (error) {
    context.addIssue(explain(error, text).message);
  }
});

const headerLines = kind("list of lines", z.array(z.string())).default([]);
const filtersSchema = explained(z.strictObject({ hosts: headerLines, services: headerLines }), {
  hosts: "for hosts: `Filter`, `And`, `Or`, `Negate`, `AuthUser` and the `Wait…` headers",
  services:
    "for services, likewise. Both have to choose the same hosts; `host_groups` is known in both tables",
});

const plainSchema = explained(
  z.strictObject({
    site: siteId,
    centre: siteId,
    livestatus: kind("address", address).optional(),
    exec: section(execSchema).optional(),
    tls: tlsFiles.optional(),
    core: z.enum(["auto", ...sourceFlavours]).default("auto"),
    schedule: schedule.default("* * * * *"),
    keyframe: duration.prefault("1h"),
    connectTimeout: duration.prefault("10s"),
    answerTimeout: duration.prefault("60s"),
    encryptTo: kind(
      "list of recipients",
      z.array(z.string().refine(isAgeRecipient, "not a public key of age: age1…")),
    ).default([]),
    key: absolutePath,
    spool: absolutePath.default("/var/lib/siteferry"),
    filters: filtersSchema.prefault({}),
    events: z.boolean().default(true),
    oneWay: z.boolean().default(false),
    deliver: z.enum(["all", "first"]).default("all"),
    centreKeys: absolutePath.optional(),
    transports: z.array(transportSchema).min(1, "name at least one transport"),
  }),
  {
    site: "what this site is called at the centre",
    centre: "the receiver's `centre`; any other receiver refuses the bundles",
    livestatus:
      "this or `exec`: `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`; IPv6 as `tcp:[::1]:6557`",
    exec: "in place of `livestatus`: commands of [Checkmk's own core](cmc.md) that dump the site, without a shell",
    tls: "for `tls:` only; the server's certificate is always verified",
    core:
      "the core that is read: `auto` asks it; `nagios` is also Icinga 1 and Checkmk raw. " +
      "It tells how long output is escaped",
    schedule: "when the daemon dumps; it also does at its start",
    keyframe:
      "configuration and states travel whole at least this often; in between the configuration when it " +
      "changed, and of the states [what changed since the last keyframe](#keyframes-and-deltas)",
    connectTimeout: "how long the core may take to accept the connection",
    answerTimeout: "how long the core may stay silent before or within an answer",
    encryptTo:
      "public keys of age, `age1…`: only their holders can read the payload, [see below](#encryption). " +
      "Without any it travels in clear",
    key:
      "private key: OpenSSH, Ed25519, no passphrase, mode 0600; by `siteferry keygen` or " +
      "`ssh-keygen -t ed25519 -N ''`",
    spool:
      "the sender's own files, below `sender/`; made with mode 0700. " +
      "A local disk, one file system, with hard links",
    filters: "Livestatus header lines that choose what is dumped; without any, everything",
    events:
      "what happened since the last dump, out of the core's own log, " +
      "[travels too](#comments-downtimes-and-events); `false`: it stays at the site",
    oneWay: "`true`: a transport on which something comes back from the centre is refused",
    deliver:
      "each bundle goes through `all` transports, or through the `first` that works, in their order",
    centreKeys:
      "the centre's public keys, in the form of [allowed_signers](#allowed_signers) with the centre's id " +
      "first; required if a transport brings [receipts](#receipts)",
    transports: "a bundle leaves the outbox when all transports have taken it",
  },
);

export const senderSchema: z.ZodType<SenderSettings> = plainSchema.superRefine(
  ({ livestatus, exec }, context) => {
    if ((livestatus === undefined) !== (exec === undefined)) return;
    const message =
      "name either where Livestatus listens, or the commands that dump the site: exec";
    context.addIssue({ code: "custom", message, path: ["livestatus"] });
  },
);
