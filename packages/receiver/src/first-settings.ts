// The receiver.yaml that `siteferry init receiver` writes: the few keys that every centre needs, with what
// they mean. Sites come by `siteferry enrol`.

import { parseSettings, yamlText } from "@siteferry/agent";
import { receiverSchema } from "./settings.ts";

export interface FirstReceiverSettings {
  readonly centre: string;
  readonly spool: string;
  /** Where the file itself will lie, and its keys beside it. */
  readonly path: string;
  /** `drop:DIR`, or `http:HOST:PORT` to listen at; without it bundles come through sshd or a mail server. */
  readonly link: string | null;
  readonly target: FirstTarget;
}

export type FirstTarget =
  | {
      readonly core: "nagios" | "naemon";
      readonly coreConfig: string;
      readonly results: string;
      readonly objectCache: string;
      /** Where siteferry's objects go; the core's main file reads it. */
      readonly objects: string;
    }
  | {
      readonly core: "icinga2";
      readonly url: string;
      readonly serverName: string | null;
      readonly ca: string;
      readonly password: string;
    };

export interface FirstReceiverFiles {
  readonly key: string;
  readonly signers: string;
}

export function firstReceiverFiles({
  path,
  centre,
}: Pick<FirstReceiverSettings, "path" | "centre">): FirstReceiverFiles {
  const directory = path.slice(0, path.lastIndexOf("/"));
  return { key: `${directory}/${centre}.key`, signers: `${directory}/allowed_signers` };
}

/** @throws FerryError `settings-invalid` if an answer can't stand there. */
export function firstReceiverSettings(answers: FirstReceiverSettings): string {
  const { centre, spool, path, link, target } = answers;
  const { key, signers } = firstReceiverFiles(answers);
  const text = `# siteferry's receiver at the centre. Every key: docs/configuration.md, man siteferry.yaml. Whether it works:
#   siteferry doctor receiver --config ${path}

# What this centre is called, as the sites' sender.yaml has it.
centre: ${yamlText(centre)}

# Signs receipts. Only this user may read it.
key: ${yamlText(key)}

# Which key may sign for which site: siteferry enrol adds them.
allowedSigners: ${yamlText(signers)}

# What came, and what is remembered from run to run.
spool: ${yamlText(spool)}

# How it is shown whether the sites are well: name a host of the centre's own.
# health: { host: localhost }

# The sites, and how each looks here: siteferry enrol adds them.
sites: {}

# Where bundles come from.
${linkText(link)}

# What gets them.
targets:
${targetText(target)}
`;
  parseSettings(text, path, receiverSchema);
  return text;
}

function linkText(link: string | null): string {
  if (link === null)
    return "# Through sshd (receive --stdin) or a mail server (receive --mail) only.\ntransports: []";
  const [, kind, rest = ""] = /^(drop|http):(.*)$/.exec(link) ?? [];
  const entry =
    kind === "http"
      ? `http: { listen: ${JSON.stringify(rest)}, sites: {} }`
      : `drop: { dir: ${yamlText(kind === "drop" ? rest : link)} }`;
  return `transports:\n  - ${entry}`;
}

function targetText(target: FirstTarget): string {
  if (target.core === "icinga2") {
    const { url, serverName, ca, password } = target;
    return `  # An Icinga 2, through its API. docs/icinga2.md has the API user.
  - icinga2:
      url: ${yamlText(url)}
${serverName === null ? "" : `      serverName: ${yamlText(serverName)}\n`}      ca: ${yamlText(ca)}
      password: ${yamlText(password)}`;
  }
  const { core, coreConfig, results, objectCache, objects } = target;
  return `  # Objects: checked by the core before they go live, the first ones of a site after your word.
  - objects:
      dir: ${yamlText(objects)}
      core: ${core}
      activate: { config: ${yamlText(coreConfig)} }
  # Results: dir is the core's check_result_path.
  - checkresults:
      dir: ${yamlText(results)}
      core: ${core}
      objectCache: ${yamlText(objectCache)}`;
}
