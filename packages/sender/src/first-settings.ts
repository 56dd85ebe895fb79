// The sender.yaml that `siteferry init sender` writes: the few keys that every site needs, with what they mean.

import { parseSettings, yamlText } from "@siteferry/agent";
import { FerryError } from "@siteferry/model";
import { senderSchema } from "./settings.ts";

export interface FirstSenderSettings {
  readonly site: string;
  readonly centre: string;
  readonly livestatus: string;
  readonly spool: string;
  /** Where the file itself will lie, and its keys beside it. */
  readonly path: string;
  /** As {@link parseFirstLink} takes it. */
  readonly link: string;
}

/** Files beside the settings. */
export interface FirstFiles {
  readonly key: string;
  readonly centreKeys: string;
  readonly token: string;
  readonly sshKey: string;
  readonly knownHosts: string;
}

export function firstFiles({ path, site }: Pick<FirstSenderSettings, "path" | "site">): FirstFiles {
  const directory = path.slice(0, path.lastIndexOf("/"));
  return {
    key: `${directory}/${site}.key`,
    centreKeys: `${directory}/centre_keys`,
    token: `${directory}/${site}.token`,
    sshKey: `${directory}/${site}.ssh`,
    knownHosts: `${directory}/known_hosts`,
  };
}

export type FirstLink =
  | { readonly kind: "drop"; readonly dir: string }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "ssh"; readonly user: string; readonly host: string; readonly port: number }
  | { readonly kind: "mail"; readonly to: string };

/**
 * `drop:DIR`, `https://HOST[:PORT]`, `ssh:USER@HOST[:PORT]`, `mail:ADDRESS`.
 * @throws FerryError `settings-invalid`
 */
export function parseFirstLink(text: string): FirstLink {
  const [, kind, rest = ""] = /^(drop|ssh|mail):(.+)$/.exec(text) ?? [];
  if (kind === "drop") return { kind, dir: rest };
  if (kind === "mail") return { kind, to: rest };
  if (/^https?:\/\//.test(text)) return { kind: "http", url: text };
  const [, user, host, port = "22"] = /^([\w.-]+)@([\w.-]+)(?::(\d+))?$/.exec(rest) ?? [];
  if (kind === "ssh" && user !== undefined && host !== undefined) {
    return { kind, user, host, port: Number(port) };
  }
  throw new FerryError(
    "settings-invalid",
    `That is no link: drop:DIR, https://HOST:PORT, ssh:USER@HOST or mail:ADDRESS`,
  );
}

/** @throws FerryError `settings-invalid` if an answer can't stand there. */
export function firstSenderSettings(answers: FirstSenderSettings): string {
  const { site, centre, livestatus, spool, path } = answers;
  const files = firstFiles(answers);
  const link = parseFirstLink(answers.link);
  const receipts = link.kind === "http" || link.kind === "ssh";
  const text = `# siteferry's sender at this site. Every key: docs/configuration.md, man siteferry.yaml. Whether it works:
#   siteferry doctor sender --config ${path}

# What this site and its centre are called, as the centre's receiver.yaml has it.
site: ${yamlText(site)}
centre: ${yamlText(centre)}

# Where the core's Livestatus listens: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT.
livestatus: ${yamlText(livestatus)}

# Signs what leaves. Only this user may read it, and it never leaves this machine.
key: ${yamlText(files.key)}
${
  receipts
    ? `# The centre's keys: a receipt signed by another isn't believed. siteferry enrol --centre writes it.
centreKeys: ${yamlText(files.centreKeys)}
`
    : ""
}
# What waits for a link, and what is remembered from run to run.
spool: ${yamlText(spool)}

# The whole state travels at least this often; between, what changed.
# keyframe: 1h
# When the daemon sends; with cron the crontab says it.
# schedule: "* * * * *"

# Each bundle goes through all of these.
transports:
  - ${linkText(link, files, site)}
`;
  parseSettings(text, path, senderSchema);
  return text;
}

function linkText(link: FirstLink, files: FirstFiles, site: string): string {
  switch (link.kind) {
    case "drop":
      return `drop: { dir: ${yamlText(link.dir)} }`;
    case "http":
      return `http: { url: ${yamlText(link.url)}, token: ${yamlText(files.token)} }`;
    case "mail":
      return `mail:
      to: ${yamlText(link.to)}
      # Gets what can't be delivered: an address that somebody reads.
      from: ${yamlText(`siteferry@${site}`)}
      sendmail: [/usr/sbin/sendmail]`;
    case "ssh":
      return `ssh:
      host: ${yamlText(link.host)}
      port: ${link.port}
      user: ${yamlText(link.user)}
      key: ${yamlText(files.sshKey)}
      # The centre's host key: ssh-keyscan, and compare it with its owner.
      knownHosts: ${yamlText(files.knownHosts)}`;
  }
}
