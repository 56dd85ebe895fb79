// docs/migration.md and docs/livedump.md: from livedump, under whose name siteferry stands in here, to
// siteferry and back; from a stand-in of cmcdump.

import { expect } from "vitest";
import type { Place } from "./place.ts";

const document = "docs/migration.md";
const nagios = { user: "nagios" };
/** In place of systemd. */
const reload = "kill -HUP $(cat /run/nagios4/nagios4.pid)";
const old = "/etc/nagios4/conf.d/remote1.cfg";

/** `siteferry dump` as docs/livedump.md shows it; afterwards there is a `livedump`. */
export async function livedump(place: Place): Promise<void> {
  const { book } = place;
  const dumps = book.block("docs/livedump.md", "siteferry dump > state").split("\n");
  const site = "cd /tmp; export OMD_ROOT=/omd/sites/acme";
  for (const dump of dumps.slice(0, 2)) await place.run(`${site}; ${dump}`);
  expect(await place.run("cat /tmp/state /tmp/site.cfg")).toMatch(/host_name=[^]*define service/);
  await place.run(`${site}; ${dumps[2]}`, { filledIn: { "192.0.2.7": "127.0.0.1" } });
  await place.run(book.block("docs/livedump.md", "ln -s siteferry /usr/local/bin/livedump"));
  expect(await place.run("livedump -V")).toContain("livedump by siteferry");
  const byHand = book.block("docs/livedump.md", "cd /var/lib/nagios4/spool/checkresults");
  await place.run(`socket=unix:/run/live\n${byHand}`, nagios);
}

/** What a centre has that takes livedump's dumps: a template, groups, contacts. */
const ofTheCentre = `define host {
  name check_mk_default
  register 0
  max_check_attempts 1
}
${named("contact", ["jörg", "noc"], "  use generic-contact\n")}`;
const groups =
  named("hostgroup", ["switches", "web-servers", "databases", "windows", "mail", "büro"]) +
  named("servicegroup", ["disks", "network"]);

function named(type: string, names: readonly string[], more = ""): string {
  return names.map((name) => `define ${type} {\n  ${type}_name ${name}\n${more}}\n`).join("");
}

/** The trial beside it, the comparison, the change and the way back. */
export async function fromLivedump(place: Place): Promise<void> {
  const { book } = place;
  await place.stopNagios();
  await place.clear();
  await place.write("/etc/nagios4/conf.d/centre.cfg", ofTheCentre);
  await place.write(old, groups);
  await place.run(`livedump -s unix:/run/live -TC >> ${old}
livedump -s unix:/run/live > /tmp/STATES`);
  await place.startNagios();
  const words = "ADD_HOST_COMMENT;app-003;1;ops;said before";
  await place.run(`echo "[$(date +%s)] ${words}" > /var/lib/nagios4/rw/nagios.cmd`);
  await place.until(`grep -q 'said before' /var/lib/nagios4/status.dat`);

  await place.run(book.block(document, "install -d -o nagios -m 750 /srv/trial"));
  await keysOfBoth(place);
  await place.write("/etc/siteferry/receiver.yaml", receiverYaml(place, "/srv/trial/results"));
  await place.run(book.inline(document, "siteferry send --once"), nagios);
  await place.run(book.inline(document, "siteferry receive --once"), nagios);
  await place.run(book.block(document, "names()"), { filledIn: { OLD: old } });
  await place.run(book.block(document, "states()"), { filledIn: { STATES: "/tmp/STATES" } });

  const live = receiverYaml(place, "objects: { dir: /etc/nagios4/siteferry, core: nagios }");
  await place.write("/etc/siteferry/receiver.yaml", live);
  await place.run(book.block(document, "install -d -o nagios -m 750 /etc/nagios4/siteferry"), {
    filledIn: { OLD: old, "systemctl reload nagios4": reload },
  });
  const loaded = "grep -q 'siteferry' /var/lib/nagios4/objects.cache";
  await place.until(loaded);
  // What people said at the centre is still there, beside states of the site.
  const stays = "grep -q 'said before' /var/lib/nagios4/status.dat";
  await place.until(`${stays} && grep -q 'last_check=[1-9]' /var/lib/nagios4/status.dat`);

  const add = book.inline(document, "activate: { config: /etc/nagios4/nagios.cfg }");
  await place.run(
    `sed -i 's#siteferry, core: nagios }#siteferry, core: nagios, ${add} }#' receiver.yaml
grep activate receiver.yaml`,
  );
  await place.run("siteferry receive --once", nagios);
  await place.run(stays);
  await place.run(loaded);
  await place.run(book.block(document, "rm /etc/nagios4/siteferry/live"), {
    filledIn: { OLD: old },
  });
  await place.run(reload);
  await place.until(
    `! ${loaded} && grep -q check-livedump /var/lib/nagios4/objects.cache && ${stays}`,
  );
}

/** As the set-up leaves them; the settings of the receiver are the document's. */
async function keysOfBoth(place: Place): Promise<void> {
  await place.run(`install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry
runuser -u nagios -- siteferry init sender --site remote1 --centre central --link drop:/srv/ferry --livestatus unix:/run/live
runuser -u nagios -- siteferry init receiver --centre central --core nagios --link drop:/srv/ferry
(printf 'remote1 '; cat /etc/siteferry/remote1.key.pub) >> /etc/siteferry/allowed_signers`);
}

/** That of the document's files in which this stands. */
function receiverYaml(place: Place, part: string): string {
  return place.book.yaml(document, "# /etc/siteferry/receiver.yaml", part);
}

/** Objects of the centre's own get the site's states, after fromLivedump(), whose old objects are there. */
export async function statesAlone(place: Place): Promise<void> {
  await place.run("rm -rf /var/lib/siteferry/*");
  const yaml = receiverYaml(place, 'owns: ["r1-*"]').replace("r1-*", "*");
  await place.write("/etc/siteferry/receiver.yaml", yaml);
  await place.run("siteferry send --once; siteferry receive --once", nagios);
  await place.until(`[ "$(grep -c last_check=[1-9] /var/lib/nagios4/status.dat)" -gt 10 ]`);
}

/** The site goes on with livedump. */
export async function centreFirst(place: Place): Promise<void> {
  const { book } = place;
  await place.run(`rm -rf /var/lib/siteferry/* ${old}`);
  const yaml = book.yaml(document, "# receiver.yaml", "livedump: true");
  await place.write("/etc/siteferry/receiver.yaml", yaml.replace("r1-*", "*"));
  await place.run(book.block(document, "(printf 'remote1 '"), nagios);
  const receive = "siteferry receive --stdin remote1 --format livedump";
  await place.run(
    `livedump -s unix:/run/live -MC | ${receive}; livedump -s unix:/run/live -M | ${receive}`,
    nagios,
  );
  await place.run(
    "siteferry receive --once; siteferry config approve remote1; siteferry receive --once",
    nagios,
  );
  expect(await place.run("cat /etc/nagios4/siteferry/live/*.cfg")).toContain("define service");

  const [pipe = ""] = book.block(document, "siteferry dump | perl").split("\n\n");
  await place.run(`export OMD_ROOT=/omd/sites/acme; ${pipe}`);
  expect(await place.run("cat /var/spool/postfix/maildrop/*")).toContain("start_time=3D");
}

/** With stand-ins of cmcdump, of `cmk -O`, and of the core that is told the states. */
export async function fromCmcdump(place: Place): Promise<void> {
  const { book } = place;
  const [there, here] = ["/omd/sites/remote1", "/omd/sites/central"];
  await place.write(
    "/usr/local/bin/cmcdump",
    `#!/bin/sh
if [ "$1" = -C ]; then echo "shadow_hosts.update({'web1': {'alias': 'Web'}})"
else printf 'COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;web1;0;UP\\n\\n'; fi`,
  );
  await place.write(
    `${here}/bin/cmk`,
    "#!/bin/sh\ncat $(dirname $0)/../etc/check_mk/conf.d/*/*.mk > /tmp/loaded",
  );
  await place.run(`chmod 755 /usr/local/bin/cmcdump ${here}/bin/cmk
install -d -o nagios ${there}/etc/siteferry ${there}/var/siteferry ${here}/etc/siteferry ${here}/var/siteferry ${here}/etc/check_mk/conf.d
chmod 1777 /tmp`);
  await place.run(
    `siteferry keygen ${there}/etc/siteferry/remote1.key -C remote1 | tail -1 > ${here}/etc/siteferry/allowed_signers`,
    nagios,
  );
  await place.write(`${there}/sender.yaml`, book.yaml("docs/cmc.md", "# sender.yaml"));
  await place.write(`${here}/receiver.yaml`, book.yaml("docs/cmc.md", "# receiver.yaml"));
  await place.run(`siteferry send --once -c ${there}/sender.yaml`, nagios);
  const bundle = await place.run("ls -t /srv/ferry/*.verbatim.ferry | head -1");
  await place.run(`cd /tmp; ${book.block("docs/cmc.md", "siteferry inspect --json --rows 20")}`, {
    filledIn: { "remote1-….verbatim.ferry": bundle.trim() },
  });
  expect(await place.run("cat /tmp/sample.json")).toContain("shadow_hosts.update");
  const receive = `siteferry receive --once -c ${here}/receiver.yaml`;
  await place.run(
    `${receive}; siteferry config approve remote1 -c ${here}/receiver.yaml; ${receive}`,
    nagios,
  );
  expect(await place.run("cat /tmp/loaded")).toContain("r1-web1");
  await place.until("grep -q 'UPDATE_SHADOW_HOST_STATE;r1-web1' /tmp/site.log");
  const back = "rm etc/check_mk/conf.d/siteferry/siteferry-remote1.mk";
  await place.run(`cd ${here}; ${book.inline(document, back)}`);
}
