// The four set-ups of docs/examples.md, each as an operator would take it over, up to objects at the core.

import { expect } from "vitest";
import { authorise, enrol, listening, ship, sshKey } from "./links.ts";
import type { Place } from "./place.ts";
import { keysIn } from "./set-up.ts";

const examples = "docs/examples.md";
const nagios = { user: "nagios" };

const ofTheCentre = `${["branches", "plant"]
  .map((name) => `define contactgroup {\n  contactgroup_name ${name}\n  members nagiosadmin\n}\n`)
  .join("")}define host {
  use generic-host
  host_name central
  address 127.0.0.1
  max_check_attempts 1
}`;

/** A core that reads siteferry's directory and has what the examples name. */
async function begin(place: Place, site: string): Promise<void> {
  await place.clear();
  await place.run(`install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry
install -d -o nagios -m 750 /etc/nagios4/siteferry
echo 'cfg_dir=/etc/nagios4/siteferry' >> /etc/nagios4/nagios.cfg`);
  await place.write("/etc/nagios4/conf.d/centre.cfg", ofTheCentre);
  await enrol(place, site);
}

/** The example's two files; the names of the hosts are those of the site here, and nobody waits 50 s. */
async function settle(place: Place, site: string): Promise<void> {
  const { book } = place;
  const sender = book.yaml(examples, "# /etc/siteferry/sender.yaml", `site: ${site}\n`);
  const receiver = book
    .yaml(examples, "# /etc/siteferry/receiver.yaml", `  ${site}: {`)
    .replace('"dmz-*"', '"*"')
    .replace("activate: {", "activate: { reloadEvery: 1ms,");
  await place.write("/etc/siteferry/sender.yaml", sender);
  await place.write("/etc/siteferry/receiver.yaml", receiver);
}

/** The first objects, let in. */
async function letIn(place: Place, site: string, objectCache: string): Promise<void> {
  const { book } = place;
  await place.run("siteferry receive --once --quiet", nagios);
  await place.run(book.inline(examples, "siteferry config approve SITE"), {
    ...nagios,
    filledIn: { SITE: site },
  });
  await place.run("siteferry receive --once --quiet", nagios);
  await place.until(`grep -qs 'host_name.*app-003' ${objectCache}`);
  await place.run(book.inline(examples, "siteferry status"), nagios);
}

const debianCache = "/var/lib/nagios4/objects.cache";

export async function dmz(place: Place): Promise<void> {
  const { book } = place;
  await begin(place, "dmz");
  await settle(place, "dmz");
  const make =
    "runuser -u nagios -- ssh-keygen -t ed25519 -N '' -C central -f /etc/siteferry/ssh.key";
  await place.run(book.inline(examples, make));
  const line = book.block(examples, 'restrict,command="internal-sftp"');
  const key = { "ssh-ed25519 AAAAC3Nza… central": await sshKey(place) };
  await authorise(place, "/var/lib/nagios", line, key);
  // As Debian has it, and its sshd another program for SFTP.
  await place.run(`usermod -s /usr/sbin/nologin nagios
grep '^Subsystem.sftp./usr/lib/openssh/sftp-server' /etc/ssh/sshd_config`);
  const scan = "ssh-keyscan monitor.dmz.example.net > /etc/siteferry/known_hosts";
  await place.run(book.inline(examples, scan));
  await place.startNagios();
  await ship(place);
  await letIn(place, "dmz", debianCache);
  await place.stopNagios();
}

/** Nagios under Naemon's name and paths stands in for it; for the diode a program that copies. */
export async function diode(place: Place): Promise<void> {
  await begin(place, "plant");
  await settle(place, "plant");
  const copies = '#!/bin/sh\ncp "$1" /srv/in/ && touch "/srv/in/${1##*/}.ok"';
  await place.write("/usr/local/bin/diode-send", copies);
  await place.run(`chmod 755 /usr/local/bin/diode-send
ln -s nagios4 /usr/sbin/naemon
install -d -o nagios /srv/out /srv/in /etc/naemon/siteferry /run/naemon /var/cache/naemon
install -d -o nagios /var/lib/naemon /var/lib/naemon/rw /var/lib/naemon/spool/checkresults
sed -e 's#/var/lib/nagios4/objects.cache#/var/cache/naemon/objects.cache#' \\
  -e 's#/var/lib/nagios4#/var/lib/naemon#' -e 's#run/nagios4#run/naemon#' \\
  -e 's#/etc/nagios4/siteferry#/etc/naemon/siteferry#' \\
  /etc/nagios4/nagios.cfg > /etc/naemon/naemon.cfg
naemon -d /etc/naemon/naemon.cfg`);
  await place.until("[ -p /var/lib/naemon/rw/nagios.cmd ]");
  await ship(place);
  const cache = "/var/cache/naemon/objects.cache";
  await letIn(place, "plant", cache);
  await place.until(`grep -q 'service_description.*siteferry plant' ${cache}`);
  await place.run("kill $(cat /run/naemon/nagios4.pid)");
}

export async function branches(place: Place): Promise<void> {
  const { book } = place;
  await begin(place, "branch-001");
  await place.run("rm /etc/siteferry/*");
  const made = await place.run(book.block(examples, "# at the centre: the key that signs"));
  const [centre = "", site = ""] = keysIn(made);
  await place.run(book.block(examples, "# at the centre\nrunuser -u nagios -- siteferry enrol"), {
    filledIn: {
      "ssh-ed25519 AAAA… branch-001": site,
      "ssh-ed25519 AAAA… central": centre,
    },
  });
  // What init and enrol wrote would do as well, but for what the example says more.
  for (const agent of ["sender", "receiver"]) {
    expect(await place.run(`cat ${agent}.yaml`)).toContain("/etc/siteferry/branch-001.token");
  }
  await place.run(
    `siteferry keygen branch-002.key -C branch-002 | tail -1 >> allowed_signers
umask 077; openssl rand -hex 32 > branch-002.token`,
    nagios,
  );
  await settle(place, "branch-001");
  await place.run("cp /opt/siteferry/deploy/nginx/siteferry.conf /etc/nginx/conf.d/; nginx");
  await place.startNagios();
  await listening(place, "https://central.example.net", () => ship(place));
  await letIn(place, "branch-001", debianCache);
  await place.run("nginx -s stop; rm /etc/nginx/conf.d/siteferry.conf");
  await place.stopNagios();
}
