// Nagios's status file, read back: what the core believes about each object.

/** The fields of one block, as text: all that stands behind the first `=`. */
export type NagiosFields = Readonly<Record<string, string>>;

export interface NagiosStatus {
  readonly program: NagiosFields;
  /** By `host_name`. */
  readonly hosts: ReadonlyMap<string, NagiosFields>;
  /** By `host_name;service_description`. */
  readonly services: ReadonlyMap<string, NagiosFields>;
  /** Of hosts, and of services, which have a `service_description`. */
  readonly comments: readonly NagiosFields[];
  readonly downtimes: readonly NagiosFields[];
}

/** Reads the text of a `status_file`. `long_plugin_output` comes with real line feeds. */
export function parseNagiosStatus(text: string): NagiosStatus {
  const hosts = new Map<string, NagiosFields>();
  const services = new Map<string, NagiosFields>();
  const comments: NagiosFields[] = [];
  const downtimes: NagiosFields[] = [];
  let program: NagiosFields = {};
  for (const { kind, fields } of blocksOf(text)) {
    const { host_name: host = "", service_description: service = "" } = fields;
    if (kind === "hoststatus") hosts.set(host, fields);
    if (kind === "servicestatus") services.set(`${host};${service}`, fields);
    if (kind.endsWith("comment")) comments.push(fields);
    if (kind.endsWith("downtime")) downtimes.push(fields);
    if (kind === "programstatus") program = fields;
  }
  return { program, hosts, services, comments, downtimes };
}

interface Block {
  readonly kind: string;
  readonly fields: NagiosFields;
}

function* blocksOf(text: string): Generator<Block> {
  let kind = "";
  let fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.endsWith(" {") && !line.startsWith("\t")) {
      kind = line.slice(0, -2);
      fields = {};
    } else if (line === "\t}") {
      yield { kind, fields };
    } else {
      const split = line.indexOf("=");
      if (split < 0) continue;
      const name = line.slice(0, split).trimStart();
      const value = line.slice(split + 1);
      fields[name] = name === "long_plugin_output" ? unescaped(value) : value;
    }
  }
}

/** Nagios keeps the long output, and only it, with `\` as `\\` and a line feed as `\n`. */
function unescaped(text: string): string {
  return text.replace(/\\([\\n])/g, (_, c) => (c === "n" ? "\n" : "\\"));
}
