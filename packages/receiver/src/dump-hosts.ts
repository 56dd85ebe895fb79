// A vendor's dump is judged before anything of it is kept: all of both parts is read, and which hosts
// it speaks of is handed on to be compared with the site's own.

import { readShadowHosts, readStates } from "@siteferry/apply";
import { type OpenedVerbatim, realPace } from "@siteferry/bundle";
import type { HostName } from "@siteferry/model";

/** As the site calls them. */
export interface DumpHosts {
  readonly configured: ReadonlySet<HostName>;
  readonly reported: ReadonlySet<HostName>;
  /** Services with a state. */
  readonly services: number;
}

/** A dump is read once for this, however often it is asked after. */
const known = new WeakMap<OpenedVerbatim, DumpHosts>();

/** @throws Refusal `dump-config`, `dump-command`, `name-bad`, `record-too-long`, `opening-timeout` */
export async function dumpHosts(bundle: OpenedVerbatim): Promise<DumpHosts> {
  const judged = known.get(bundle);
  if (judged !== undefined) return judged;
  const pace = realPace();
  const configured = new Set<HostName>();
  if (bundle.config !== "") {
    for (const { name } of readShadowHosts(bundle.config)) {
      configured.add(name);
      await pace.breathe();
    }
  }
  const reported = new Set<HostName>();
  let services = 0;
  for (const { host, name } of readStates(bundle.states)) {
    reported.add(host);
    if (name === "UPDATE_SHADOW_SERVICE_STATE") services += 1;
    const pause = pace.breathe();
    if (pause !== undefined) await pause;
  }
  const hosts = { configured, reported, services };
  known.set(bundle, hosts);
  return hosts;
}
