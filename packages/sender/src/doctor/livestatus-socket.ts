// The core's socket: there, and open to this user.

import { type Check, fail, type Finding, ok, type Probes, skipped } from "@siteferry/agent";
import { parseAddress } from "@siteferry/livestatus";
import type { SenderSubject } from "./subject.ts";

export const livestatusSocket: Check<SenderSubject> = {
  name: "socket",
  async run({ settings, probes }) {
    const { livestatus } = settings;
    if (livestatus === undefined) return [skipped("exec dumps the site, not Livestatus")];
    const address = parseAddress(livestatus);
    if (address.kind !== "unix") return [ok(`${livestatus} is reached over the network`)];
    return [await lookAtSocket(probes, address.path)];
  },
};

async function lookAtSocket(probes: Probes, path: string): Promise<Finding> {
  const { look, may, user, userName } = probes;
  const closed = await firstClosed(probes, path);
  if (closed !== null) {
    const todo = `Add ${user.name} to the group of ${closed}: usermod -aG GROUP ${user.name}`;
    return fail(`${user.name} may not enter ${closed}, above ${path}`, todo);
  }
  const entry = await look(path);
  if (entry === null) return fail(`${path} isn't there`, await hint(probes));
  if (entry.kind !== "socket") {
    return fail(`${path} is no socket`, await hint(probes));
  }
  if (await may(path, "write")) return ok(`${path} is a socket that ${user.name} may open`);
  const owner = await userName(entry.user);
  return fail(
    `${user.name} may not open ${path}, which belongs to ${owner}`,
    `Run the sender as ${owner}, or add ${user.name} to the socket's group: usermod -aG GROUP ${user.name}`,
  );
}

/** The first directory above `path` that this user may not enter. */
async function firstClosed({ look, may }: Probes, path: string): Promise<string | null> {
  const parts = path.split("/").slice(1, -1);
  for (let count = 1; count <= parts.length; count++) {
    const directory = `/${parts.slice(0, count).join("/")}`;
    if ((await look(directory)) === null) return null;
    if (!(await may(directory, "enter"))) return directory;
  }
  return null;
}

const usual = [
  "/var/run/icinga2/cmd/livestatus",
  "/var/lib/nagios4/rw/live",
  "/var/cache/naemon/live",
  "/usr/local/nagios/var/rw/live",
];

/** Where there is one, as far as can be guessed. */
async function hint({ look, environment }: Probes): Promise<string> {
  const { OMD_ROOT: root } = environment;
  const places = [...(root === undefined ? [] : [`${root}/tmp/run/live`]), ...usual];
  const found: string[] = [];
  for (const place of places) {
    const entry = await look(place).catch(() => null);
    if (entry?.kind === "socket") found.push(place);
  }
  if (found.length > 0) return `There is one at ${found.join(" and at ")}: livestatus: unix:PATH`;
  return "Does the core run, with its module for Livestatus? Icinga 2: icinga2 feature enable livestatus; Nagios and Naemon: a broker_module line; OMD: as the site's user, so that OMD_ROOT is set.";
}
