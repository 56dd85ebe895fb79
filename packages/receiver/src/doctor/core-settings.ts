// What the core's main file, and the core itself, says about results from outside.

import {
  type Check,
  fail,
  type Finding,
  ok,
  type Probes,
  skipped,
  warning,
} from "@siteferry/agent";
import type { CoreConfiguration } from "./core-configuration.ts";
import type { ReceiverSubject } from "./subject.ts";

export const coreSettings: Check<ReceiverSubject> = {
  name: "core",
  async run({ core, probes }) {
    const configuration = await core();
    if (configuration === null) return [skipped("no main file of a Nagios or Naemon is known")];
    const found = [
      ...inFile(configuration),
      ...(await inCore(configuration, probes)),
      ...reaping(configuration),
    ];
    const { file } = configuration;
    return found.length > 0
      ? found
      : [ok(`${file}: passive results are accepted and read in time`)];
  },
};

const kinds = [
  ["accept_passive_service_checks", "results of services"],
  ["accept_passive_host_checks", "results of hosts"],
] as const;

function inFile({ file, value }: CoreConfiguration): Finding[] {
  const found: Finding[] = kinds
    .filter(([key]) => value(key) === "0")
    .map(([key, what]) =>
      fail(`${file} has ${key}=0: ${what} are thrown away`, `Set ${key}=1 and restart the core.`),
    );
  // Hosts that siteferry renders have no freshness: sites.SITE.whenSilent speaks for them.
  if (value("check_service_freshness") === "0") {
    const what = `${file} has check_service_freshness=0: what nobody reports any more stays as it was`;
    found.push(warning(what, "Set check_service_freshness=1 and restart the core."));
  }
  return found;
}

const headBytes = 16 * 1024;

/** What was switched at run time is kept over restarts, and wins over the file. */
async function inCore({ value }: CoreConfiguration, { head }: Probes): Promise<Finding[]> {
  const path = value("status_file");
  if (path === undefined) return [];
  const text = await head(path, headBytes).catch(() => null);
  if (text === null) {
    const todo = "Does the core run? The file is there as long as it does.";
    return [warning(`${path}, the core's status_file, can't be read`, todo)];
  }
  const program = /^programstatus \{$([^}]*)/m.exec(text)?.[1] ?? "";
  const commands = {
    service: ["passive_service_checks_enabled", "START_ACCEPTING_PASSIVE_SVC_CHECKS"],
    host: ["passive_host_checks_enabled", "START_ACCEPTING_PASSIVE_HOST_CHECKS"],
  } as const;
  return Object.entries(commands).flatMap(([kind, [key, command]]) =>
    new RegExp(`^\\s*${key}=0$`, "m").test(program)
      ? [
          fail(
            `the core that runs takes no passive results of ${kind}s (${key}=0)`,
            `Switch it on in its web page, or by the external command ${command}.`,
          ),
        ]
      : [],
  );
}

/** Seconds. */
const reaperMax = 60;
const fileAgeLeast = 300;

function reaping({ file, value }: CoreConfiguration): Finding[] {
  const frequency = Number(value("check_result_reaper_frequency") ?? 10);
  const age = Number(value("max_check_result_file_age") ?? 3600);
  return [
    ...(frequency > reaperMax
      ? [
          warning(
            `${file} has check_result_reaper_frequency=${frequency}: results wait so many seconds`,
            "Set it to 10 or less.",
          ),
        ]
      : []),
    // 0: however old.
    ...(age > 0 && age < fileAgeLeast
      ? [
          fail(
            `${file} has max_check_result_file_age=${age}: results that wait longer are deleted unread`,
            "Set it to 3600, the default: after a restart the core needs that time.",
          ),
        ]
      : []),
  ];
}
