// The target `commands` of receiver.yaml: a core that is told of acknowledgements, downtimes and comments
// by external commands.

import {
  absolutePath,
  duration,
  explained,
  livestatusAddress,
  patterns,
  type TlsFiles,
  tlsFiles,
} from "@siteferry/agent";
import { type CommandCore, type CommandDialect, defaultMark, markFault } from "@siteferry/apply";
import { z } from "zod";

type Carried = (typeof carried)[number];

export interface CommandsSettings {
  /** `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. Either this or `file`. */
  readonly livestatus?: string | undefined;
  /** For `tls:`. */
  readonly tls?: TlsFiles | undefined;
  /** The core's `command_file`; with `status`. */
  readonly file?: string | undefined;
  /** The core's `status_file`, in which is read what became of the commands. */
  readonly status?: string | undefined;
  readonly core: CommandCore;
  readonly carry: readonly Carried[];
  /** Patterns of names, without the underscore. */
  readonly customVariables: readonly string[];
  /** Ends the authors of what siteferry puts there; `{site}` stands for the site. */
  readonly mark: string;
  /** Commands a second. */
  readonly pace: number;
  /** How long the core may take for an answer, or to make room for the next command; milliseconds. */
  readonly timeout: number;
}

const carried = [
  "acknowledgements",
  "downtimes",
  "comments",
  "results",
  "customVariables",
] as const;

const plainSchema = explained(
  z.strictObject({
    livestatus: livestatusAddress.optional(),
    tls: tlsFiles.optional(),
    file: absolutePath.optional(),
    status: absolutePath.optional(),
    core: z.enum(["nagios", "naemon", "icinga2", "cmc"]),
    carry: z
      .array(z.enum(carried))
      .min(1, "name at least one")
      .default(["acknowledgements", "downtimes", "comments"]),
    customVariables: patterns.default([]),
    mark: z.string().default(defaultMark),
    pace: z.int().min(1).max(100_000).default(5_000),
    timeout: duration.prefault("10s"),
  }),
  {
    livestatus:
      "the central core's Livestatus, as `livestatus` in sender.yaml. Either this or `file`",
    tls: "for `tls:` only",
    file: "the core's `command_file`; with `status`",
    status: "the core's `status_file`: what became of the commands is read there",
    core: "they take texts differently. With `file` one of the first two",
    carry: "what the core is told of; `results` for a core without a directory for check results",
    customVariables:
      "with `customVariables` in `carry`: which of them, by name without the underscore",
    mark:
      "ends the author of what siteferry puts there, which tells it from what people at the centre did; " +
      "`{site}` stands for the site",
    pace: "commands a second at most",
    timeout:
      "how long the core may take to accept a connection, to answer, and to make room for the next command",
  },
);

export const commandsSchema: z.ZodType<CommandsSettings> = plainSchema.superRefine(
  (settings, context) => {
    for (const [path, message] of faultsOf(settings)) {
      context.addIssue({ code: "custom", message, path: [path] });
    }
  },
);

function* faultsOf(
  settings: z.output<typeof plainSchema>,
): Generator<[path: string, message: string], void> {
  const { livestatus, file, status, core, carry, customVariables, mark } = settings;
  if ((livestatus === undefined) === (file === undefined)) {
    yield ["livestatus", "name either where Livestatus listens, or the core's command file: file"];
  }
  if ((file === undefined) !== (status === undefined)) {
    yield ["status", "belongs to file: what the core made of the commands is read there"];
  }
  if (file !== undefined && (core === "icinga2" || core === "cmc")) {
    yield ["core", `${core} has no status file: name where its Livestatus listens`];
  }
  if (carry.includes("customVariables") !== customVariables.length > 0) {
    yield ["customVariables", "goes with customVariables in carry: which of them"];
  }
  const problem = markFault(mark);
  if (problem !== null) yield ["mark", problem];
}

export function dialectOf({ core, file }: CommandsSettings): CommandDialect {
  return { core, way: file === undefined ? "socket" : "file" };
}
