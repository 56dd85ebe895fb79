// For tests: a receiver in this process whose mirror has what a test says of its sites, annotations
// included, without bundles on the way.

import type { OpenedBundle } from "@siteferry/bundle";
import {
  type Clock,
  type FileSystem,
  type HostConfiguration,
  type HostName,
  type HostState,
  parseSiteId,
  type ServiceConfiguration,
  type ServiceDescription,
  type ServiceState,
  type SiteComment,
  type SiteDowntime,
  type SiteId,
  type States,
} from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { BundleCache } from "./bundle-cache.ts";
import { saveSiteRecord, siteDirectory, type SiteRecord } from "./mirror.ts";
import { receive, type ReceiveReport } from "./receive.ts";
import { receiverSchema } from "./settings.ts";
import { realCoreControl } from "./world/real-core-control.ts";
import type { CommandsWorld } from "./world/real-commands.ts";

export interface AnnotatedCentre extends AsyncDisposable {
  readonly path: string;
  /** What was logged as warnings and errors. */
  readonly complaints: string[];
  /** The same, of what is only worth knowing. */
  readonly notes: string[];
  /** The site is so from now on. */
  say(site: string, said: Said): Promise<void>;
  receive(files?: FileSystem): Promise<ReceiveReport>;
}

export interface Said {
  readonly hosts?: readonly HostState[];
  readonly services?: readonly ServiceState[];
  /** Null: the sender doesn't tell. */
  readonly annotations?: States["annotations"];
  readonly comments?: readonly SiteComment[];
  readonly downtimes?: readonly SiteDowntime[];
  readonly arrivals?: SiteRecord["arrivals"];
  /** With it the site has a configuration, too. */
  readonly configuration?: {
    readonly hosts?: readonly HostConfiguration[];
    readonly services?: readonly ServiceConfiguration[];
  };
}

export interface AnnotatedOptions {
  readonly sites?: object;
  readonly targets: (path: string) => readonly object[];
  readonly commands?: CommandsWorld;
  readonly clock?: Clock;
}

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const quiet = (): void => {};

export async function makeAnnotatedCentre({
  sites = { remote1: {}, remote2: {} },
  targets,
  commands,
  clock = { now: () => Date.now() },
}: AnnotatedOptions): Promise<AnnotatedCentre> {
  const { path, remove } = await makeTemporaryDirectory("annotated");
  const complaints: string[] = [];
  const complain = (fields: object, text: string): void =>
    void complaints.push(`${text}: ${JSON.stringify(fields)}`);
  const notes: string[] = [];
  const note = (fields: object, text: string): void =>
    void notes.push(`${text}: ${JSON.stringify(fields)}`);
  const log = { debug: quiet, info: note, warn: complain, error: complain };
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    sites,
    targets: targets(path),
  });
  const spool = `${path}/receiver`;
  const mirror = openMirror(spool);
  return {
    path,
    complaints,
    notes,
    say: (name, said) => mirror.say(parseSiteId(name)!, said),
    async receive(files = nodeFiles) {
      return await receive({
        world: { files, random, clock, log },
        settings,
        spool,
        signers: [] as never,
        revoked: new Set(),
        identities: [],
        transports: [],
        cache: mirror.cache,
        core: realCoreControl,
        groupId: async () => null,
        freeSpace: async () => 1,
        ...(commands && { commands }),
      });
    },
    [Symbol.asyncDispose]: remove,
  };
}

interface Mirror {
  readonly cache: BundleCache;
  say(site: SiteId, said: Said): Promise<void>;
}

function openMirror(spool: string): Mirror {
  const cache = new BundleCache();
  let sequence = 0;
  const put = (site: SiteId, bundle: object, kind: string): OpenedBundle["header"] => {
    sequence += 1;
    const header = { site, kind, inflatedBytes: 1, payloadHash: `hash${sequence}`, sequence };
    // Only what the mirror looks at: such a bundle was never sealed.
    cache.put({ ...bundle, kind, header } as unknown as OpenedBundle);
    return header as unknown as OpenedBundle["header"];
  };
  return {
    cache,
    async say(site, said) {
      const none = { hosts: [], services: [], hostgroups: [], servicegroups: [] };
      const configuration = { ...none, ...said.configuration };
      const config = said.configuration ? put(site, { configuration }, "config") : null;
      const keyframe = put(site, { states: statesOf(said) }, "keyframe");
      const mark = { epoch: 1, sequence, hash: "", earlier: [], missed: 0, epochsMs: [] };
      const record = {
        mark,
        config,
        keyframe,
        delta: null,
        held: null,
        arrivals: said.arrivals ?? [],
      };
      await nodeFiles.makeDirectory(siteDirectory(spool, site), 0o700);
      await saveSiteRecord({ files: nodeFiles, random }, spool, site, record);
    },
  };
}

function statesOf({ hosts = [], services = [], annotations, comments, downtimes }: Said): States {
  const told = { comments: comments ?? [], downtimes: downtimes ?? [] };
  return { hosts, services, annotations: annotations === undefined ? told : annotations };
}

const common = {
  has_been_checked: 1,
  state: 0,
  state_type: 1,
  current_attempt: 1,
  last_check: 0,
  last_state_change: 0,
  last_hard_state: null,
  last_hard_state_change: null,
  latency: 0,
  execution_time: 0,
  plugin_output: "",
  long_plugin_output: "",
  perf_data: "",
  acknowledged: 0,
  acknowledgement_type: 0,
  scheduled_downtime_depth: 0,
  is_flapping: 0,
  percent_state_change: 0,
  staleness: 0,
} as const;

export function hostState(name: string, changes: Partial<HostState> = {}): HostState {
  return { ...common, name: name as HostName, ...changes };
}

export function serviceState(
  host: string,
  description: string,
  changes: Partial<ServiceState> = {},
): ServiceState {
  return {
    ...common,
    host_name: host as HostName,
    description: description as ServiceDescription,
    ...changes,
  };
}

/** By `anna`, of a user, persistent. */
export function siteComment(
  host: string,
  service: string | null,
  changes: Partial<SiteComment> = {},
): SiteComment {
  return {
    id: 1,
    host_name: host as HostName,
    description: service as ServiceDescription | null,
    author: "anna",
    comment: "a comment",
    entry_time: 1_700_000_000,
    entry_type: 1,
    persistent: 1,
    expire_time: 0,
    ...changes,
  };
}

/** By `anna`, fixed. */
export function siteDowntime(
  host: string,
  service: string | null,
  changes: Partial<SiteDowntime> & Pick<SiteDowntime, "start_time" | "end_time">,
): SiteDowntime {
  return {
    id: 1,
    host_name: host as HostName,
    description: service as ServiceDescription | null,
    author: "anna",
    comment: "a downtime",
    entry_time: 1_700_000_000,
    fixed: 1,
    duration: 0,
    triggered_by: 0,
    ...changes,
  };
}
