// The four set-ups of docs/examples.md, each as an operator would take it over, up to objects at the core.

import { expect } from "vitest";
import { authorise, enrol, listening, ship, sshKey } from "./links.ts";
import type { Place } from "./place.ts";

const examples = "docs/examples.md";
const nagios = { user: "nagios" };

interface Core {
  /** `nagios4`, or the name under which it stands in for a Naemon. */
  readonly name: string;
  readonly config: string;
  readonly objectCache: string;
  readonly results: string;
}

const debian: Core = {
  name: "nagios4",
  config: "/etc/nagios4/nagios.cfg",
  objectCache: "/var/lib/nagios4/objects.cache",
  results: "/var/lib/nagios4/spool/checkresults",
};

const groups = ["branches", "plant"]
  .map((name) => `define contactgroup {\n  contactgroup_name ${name}\n  members nagiosadmin\n}\n`)
  .join("");

/** A core that reads siteferry's directory, and has what the examples name. */
async function begin(place: Place, site: string): Promise<void> {
  await place.clear();
  await place.run(`install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry /etc/nagios4/siteferry
echo 'cfg_dir=/etc/nagios4/siteferry' >> /etc/nagios4/nagios.cfg`);
  await place.write(
    "/etc/nagios4/conf.d/centre.cfg",
    `${groups}define host {\n  use generic-host\n  host_name central\n  address 127.0.0.1\n  check_command check-host-alive\n  max_check_attempts 1\n}`,
  );
  await enrol(place, site);
}

/** The two files of the example, with what only its own machines have changed. */
async function settle(place: Place, site: string): Promise<void> {
  const { book } = place;
  await place.write(
    "/etc/siteferry/sender.yaml",
    book.yaml(examples, "# /etc/siteferry/sender.yaml", `site: ${site}\n`),
  );
  const receiver = book.yaml(examples, "# /etc/siteferry/receiver.yaml", `  ${site}: {`);
  await place.write(
    "/etc/siteferry/receiver.yaml",
    receiver.replace('"dmz-*"', '"*"').replaceAll("activate: {", "activate: { reloadEvery: 1ms,"),
  );
}

/** The first objects, let in. */
async function letIn(place: Place, site: string, core = debian): Promise<void> {
  await place.run("siteferry receive --once --quiet", nagios);
  const approve = place.book
    .inline(examples, "siteferry config approve SITE")
    .replace("SITE", site);
  await place.run(approve, nagios);
  await place.run("siteferry receive --once --quiet", nagios);
  await place.until(
    `grep -q siteferry-host-of-${site} ${core.objectCache} || grep -q 'host_name.*app-003' ${core.objectCache}`,
  );
  await place.run(place.book.inline(examples, "siteferry status"), nagios);
}

export async function dmz(place: Place): Promise<void> {
  const { book } = place;
  await begin(place, "dmz");
  await settle(place, "dmz");
  await place.run("ssh-keygen -q -t ed25519 -N '' -f ssh.key", nagios);
  const line = book.block(examples, 'restrict,command="internal-sftp"');
  await authorise(place, "/var/lib/nagios", line, {
    "ssh-ed25519 AAAAC3Nza… central": await sshKey(place),
  });
  await place.run(
    book.inline(examples, "ssh-keyscan monitor.dmz.example.net > /etc/siteferry/known_hosts"),
  );
  await place.startNagios();
  await ship(place);
  await letIn(place, "dmz");
  await place.stopNagios();
}
