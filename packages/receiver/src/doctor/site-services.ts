// Whether each core has the services that say how the sites are, and the host for them.

import {
  counted,
  type Check,
  fail,
  failureFound,
  type Finding,
  ok,
  skipped,
  warning,
} from "@siteferry/agent";
import { icinga2Api } from "@siteferry/apply";
import { type HostName, printable, type ServiceDescription } from "@siteferry/model";
import { siteServicesAt } from "../health/service-name.ts";
import type { Icinga2Settings } from "../icinga2-settings.ts";
import { readLiveObjects } from "../live-objects.ts";
import type { CheckResultsSettings } from "../settings.ts";
import type { ReceiverSubject } from "./subject.ts";

export const siteServices: Check<ReceiverSubject> = {
  name: "site services",
  async run(subject) {
    const { health, targets } = subject.settings;
    const { host } = health;
    if (host === undefined) {
      return [skipped("no health.host: no core shows how the sites are, but siteferry check does")];
    }
    const found: Finding[] = [];
    for (const target of targets) {
      const at =
        "checkresults" in target
          ? lookAtCache(subject, host, target.checkresults)
          : "icinga2" in target
            ? lookAtIcinga2(subject, host, target.icinga2)
            : null;
      if (at !== null) found.push(await at);
    }
    const other = "no core gets them: they go to targets checkresults and icinga2 alone";
    return found.length > 0 ? found : [warning(other, "Let the core run siteferry check SITE.")];
  },
};

async function lookAtCache(
  subject: ReceiverSubject,
  host: HostName,
  target: CheckResultsSettings,
): Promise<Finding> {
  const { dir, objectCache } = target;
  if (objectCache === undefined) {
    const what = `whether the core of ${dir} has ${printable(host)} and its services isn't known`;
    return warning(what, "Name the core's object_cache_file: objectCache");
  }
  try {
    const { isLive } = await readLiveObjects(subject, target);
    const isRendered = subject.settings.targets.some((one) => "objects" in one);
    const todo = isRendered
      ? "siteferry config diff shows what isn't live, and the log of receive why."
      : "Define them as passive services with check_freshness 1: docs/operating.md";
    const has = (service: ServiceDescription): boolean => isLive(host, service);
    return verdict(subject, objectCache, { host, isThere: isLive(host, null), has, todo });
  } catch (error) {
    return failureFound(error, objectCache);
  }
}

async function lookAtIcinga2(
  subject: ReceiverSubject,
  host: HostName,
  settings: Icinga2Settings,
): Promise<Finding> {
  try {
    const connection = await subject.icinga2(settings);
    try {
      const found = await icinga2Api(connection).hostAtCore(host);
      // A site's own host gets no such services.
      const isThere = found !== null && found.package !== settings.package;
      const has = (service: ServiceDescription): boolean => found?.services.has(service) === true;
      const todo =
        "The next run uploads them; if not, the log of receive says what the core refused.";
      return verdict(subject, settings.url, { host, isThere, has, todo });
    } finally {
      await connection.close();
    }
  } catch (error) {
    return failureFound(error, settings.url);
  }
}

interface AtCore {
  readonly host: HostName;
  readonly isThere: boolean;
  has(service: ServiceDescription): boolean;
  /** For services that aren't there. */
  readonly todo: string;
}

function verdict(
  { settings }: ReceiverSubject,
  where: string,
  { host, isThere, has, todo }: AtCore,
): Finding {
  const name = printable(host);
  if (!isThere) {
    const define =
      "Define it in the core's own files, or name a host of the core's own: health.host";
    return fail(`${where}: the core has no ${name} of its own, on which sites are shown`, define);
  }
  const all = siteServicesAt(settings).map(({ description }) => description);
  const missing = all.filter((description) => !has(description));
  if (missing.length === 0) return ok(`${where}: ${name} shows ${counted(all.length, "site")}`);
  const some = missing.slice(0, 5).map((description) => printable(description));
  const rest = missing.length > some.length ? ` and ${missing.length - some.length} more` : "";
  return fail(`${where}: ${name} has no service ${some.join(", ")}${rest}`, todo);
}
