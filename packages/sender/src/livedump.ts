// `siteferry dump`: the place of Checkmk's livedump. The same flags and formats, without its
// defects: never-checked objects are left out instead of being OK, results carry the check's own
// time, fractions are what cores read, texts are escaped for the core that will read them.

import {
  type CheckResultCore,
  checkResultOf,
  formatCheckResult,
  formatLivedumpHost,
  formatLivedumpMark,
  formatLivedumpService,
  formatLivedumpTemplates,
  type LivedumpOptions,
} from "@siteferry/apply";
import { openSite, type Site } from "@siteferry/collect";
import { type LivestatusClient, parseHeaderLine } from "@siteferry/livestatus";
import {
  type Cells,
  FerryError,
  type HostName,
  type HostState,
  hostStateTable,
  hostTable,
  isNameFault,
  type Log,
  parseHostName,
  pickColumns,
  type Progress,
  rowMaker,
  type ServiceState,
  serviceStateTable,
  serviceTable,
} from "@siteferry/model";

/** The command line of livedump. */
export interface LivedumpRequest {
  readonly config: boolean;
  readonly dumpTemplates: boolean;
  readonly markMode: boolean;
  readonly includeGroups: boolean;
  readonly includeHostIcon: boolean;
  readonly prefix: string;
  /** In the core's units, or null. */
  readonly interval: number | null;
  /** For hosts and services; for hosts only; for services only. */
  readonly hostHeader: readonly string[];
  readonly hostOnlyHeader: readonly string[];
  readonly serviceHeader: readonly string[];
  /** Which core will read the check results. */
  readonly core: CheckResultCore;
  /** $OMD_SITE, for `-M`. */
  readonly omdSite: string;
}

const stateColumns = [
  "has_been_checked",
  "state",
  "last_check",
  "latency",
  "execution_time",
  "plugin_output",
  "long_plugin_output",
  "perf_data",
] as const;
const hostStates = pickColumns(hostStateTable, ["name", ...stateColumns]);
const serviceStates = pickColumns(serviceStateTable, ["host_name", "description", ...stateColumns]);
const hosts = pickColumns(hostTable, [
  "name",
  "alias",
  "address",
  "groups",
  "check_command",
  "max_check_attempts",
  "contacts",
  "contact_groups",
  "icon_image",
]);
const services = pickColumns(serviceTable, [
  "host_name",
  "description",
  "groups",
  "max_check_attempts",
  "contacts",
  "contact_groups",
]);

/**
 * The text of the dump, in pieces. It is whole only when the last piece has come without a failure:
 * a core that restarts in the middle makes the pieces before worthless.
 */
export async function* livedump(
  client: LivestatusClient,
  request: LivedumpRequest,
  log: Log,
  progress?: Progress | null,
): AsyncGenerator<string, void> {
  const { hostHeader, hostOnlyHeader, serviceHeader } = request;
  const filters = {
    hosts: [...hostHeader, ...hostOnlyHeader].map(parseHeaderLine),
    services: [...hostHeader, ...serviceHeader].map(parseHeaderLine),
  };
  const site = await openSite(client, {
    filters,
    flavour: "auto",
    log,
    progress: progress ?? undefined,
  });
  yield* request.config ? dumpConfiguration(site, request, log) : dumpStates(site, request);
  await site.confirm();
}

async function* dumpStates(
  site: Site,
  { core, markMode, prefix }: LivedumpRequest,
): AsyncGenerator<string, void> {
  if (markMode) yield formatLivedumpMark({ kind: "status" });
  const named = prefixed(prefix);
  const hostRow = rowMaker(hostStates);
  const serviceRow = rowMaker(serviceStates);
  const hostResult = (cells: Cells): string => {
    const row: Pick<HostState, "name" | (typeof stateColumns)[number]> = hostRow(cells);
    if (row.has_been_checked === 0 || row.last_check === 0) return "";
    return formatCheckResult(checkResultOf(named(row.name), null, row), core);
  };
  const serviceResult = (cells: Cells): string => {
    const row: Pick<ServiceState, "host_name" | "description" | (typeof stateColumns)[number]> =
      serviceRow(cells);
    if (row.has_been_checked === 0 || row.last_check === 0) return "";
    const result = checkResultOf(named(row.host_name), row.description, row);
    return formatCheckResult(result, core);
  };
  for await (const batch of site.read(hostStates)) yield batch.map(hostResult).join("");
  for await (const batch of site.read(serviceStates)) yield batch.map(serviceResult).join("");
}

async function* dumpConfiguration(
  site: Site,
  request: LivedumpRequest,
  log: Log,
): AsyncGenerator<string, void> {
  const { omdSite, prefix, includeGroups, includeHostIcon } = request;
  if (request.markMode) yield formatLivedumpMark({ kind: "config", site: omdSite });
  if (request.dumpTemplates) yield formatLivedumpTemplates(request.interval);
  const options: LivedumpOptions = {
    prefix,
    includeGroups,
    includeHostIcon,
    onRefused: (refusal) =>
      log.warn(refusal, `${refusal.object}: ${refusal.directive} ${refusal.reason}`),
  };
  const hostRow = rowMaker(hosts);
  const serviceRow = rowMaker(services);
  for await (const batch of site.read(hosts)) {
    yield batch.map((cells) => formatLivedumpHost(hostRow(cells), options)).join("");
  }
  for await (const batch of site.read(services)) {
    yield batch.map((cells) => formatLivedumpService(serviceRow(cells), options)).join("");
  }
}

/** livedump's `-p`. A prefix that makes a name impossible is the operator's slip: it stops the dump. */
function prefixed(prefix: string): (host: HostName) => HostName {
  if (prefix === "") return (host) => host;
  return (host) => {
    const name = parseHostName(prefix + host);
    if (isNameFault(name)) {
      throw new FerryError("settings-invalid", `With the prefix, "${name.shown}" ${name.problem}`);
    }
    return name;
  };
}
