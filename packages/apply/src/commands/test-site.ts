// For tests: a site of a few objects on which people say things.

import type {
  Flag,
  HostName,
  HostState,
  ServiceDescription,
  ServiceState,
  SiteComment,
  SiteDowntime,
  SiteId,
  States,
} from "@siteferry/model";
import type { ObjectAt } from "./centre-view.ts";
import type { AnnotatedSite } from "./plan.ts";

export const testSite: SiteId = "remote1" as SiteId;

export function hostAt(name: string): ObjectAt {
  return { host: name as HostName, service: null };
}

export function serviceAt(host: string, description: string): ObjectAt {
  return { host: host as HostName, service: description as ServiceDescription };
}

const never = {
  has_been_checked: 1,
  state: 0,
  state_type: 1,
  current_attempt: 1,
  last_check: 1,
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
  is_flapping: null,
  percent_state_change: null,
  staleness: null,
} as const;

export interface Standing {
  readonly at: ObjectAt;
  readonly state: number;
  /** 0 none, 1 normal, 2 sticky. */
  readonly acknowledgement: number;
}

export function siteComment(
  { host, service }: ObjectAt,
  comment: Partial<SiteComment> = {},
): SiteComment {
  return {
    id: 1,
    host_name: host,
    description: service,
    author: "joe",
    comment: "text",
    entry_time: 1_700_000_000,
    entry_type: 1,
    persistent: 1,
    expire_time: 0,
    ...comment,
  };
}

export function siteDowntime(
  { host, service }: ObjectAt,
  downtime: Partial<SiteDowntime> = {},
): SiteDowntime {
  return {
    id: 1,
    host_name: host,
    description: service,
    author: "joe",
    comment: "text",
    entry_time: 1_700_000_000,
    start_time: 1_700_000_000,
    end_time: 1_900_000_000,
    fixed: 1,
    duration: 0,
    triggered_by: 0,
    ...downtime,
  };
}

export interface TestSite {
  readonly standings?: readonly Standing[];
  readonly comments?: readonly SiteComment[];
  readonly downtimes?: readonly SiteDowntime[];
}

/** Hosts whose names begin with `x` aren't the site's. */
export function annotatedSite({
  standings = [],
  comments = [],
  downtimes = [],
}: TestSite): AnnotatedSite {
  const hosts: HostState[] = [];
  const services: ServiceState[] = [];
  for (const { at, state, acknowledgement } of standings) {
    const acknowledged: Flag = acknowledgement === 0 ? 0 : 1;
    const row = { ...never, state, acknowledged, acknowledgement_type: acknowledgement };
    if (at.service === null) hosts.push({ ...row, name: at.host });
    else services.push({ ...row, host_name: at.host, description: at.service });
  }
  const states: States = { hosts, services, annotations: { comments, downtimes } };
  return {
    site: testSite,
    states,
    hostName: (host) => host,
    isOwn: (host) => !host.startsWith("x"),
  };
}
