// The set-up of README.md, on a real Nagios with Debian's own files.

import { expect } from "vitest";
import type { Place } from "./place.ts";

const installation = "docs/installation.md";
const nagios = { user: "nagios" };

/** Of the lines that `init` prints for the other side. */
export function keysIn(printed: string): readonly string[] {
  return printed.match(/(?<=siteferry enrol .*')ssh-ed25519 AAAA[^']+/g) ?? [];
}

/** siteferry in /usr/local/bin, from the checkout in /opt/siteferry. */
export async function install(place: Place): Promise<void> {
  const [, ...script] = place.book.block("README.md", "cd /opt/siteferry").split("\n");
  await place.run(script.join("\n"));
  expect(await place.run("siteferry --version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  await place.hasten();
}

/** SHA256SUMS, signed as those who make the packages sign it; a file of another content isn't believed. */
export async function checked(place: Place): Promise<void> {
  const block = place.book.block(installation, "ssh-keygen -Y verify");
  await place.run(`mkdir /tmp/packages; cd /tmp/packages
ssh-keygen -q -t ed25519 -N '' -f release
(printf 'siteferry '; cat release.pub) > release_signers
echo whole | tee siteferry.deb > siteferry.rpm; sha256sum siteferry.* > SHA256SUMS; rm siteferry.rpm
ssh-keygen -q -Y sign -f release -n file SHA256SUMS`);
  const check = `cd /tmp/packages\n${block}`;
  expect(await place.run(check)).toMatch(/^Good "file" signature for siteferry [^]*deb: OK$/m);
  await place.run(`echo other > /tmp/packages/siteferry.deb; ${check}`, { ends: [1] });
}

/** From what a package leaves to runs from cron, on both sides. */
export async function fromPackage(place: Place): Promise<void> {
  const { book } = place;
  await place.run(`install -d /etc/siteferry /var/lib/siteferry /usr/share/doc/siteferry
ln -s /opt/siteferry/deploy /usr/share/doc/siteferry/examples
ln -s /usr/local/bin/siteferry /usr/bin/siteferry`);
  await place.run(book.block(installation, "chown -R nagios:"), {
    filledIn: { "systemctl daemon-reload": "" },
  });
  const made = await place.run(
    book.block(installation, "install -d -o nagios -m 750 /srv/ferry"),
    // Both sides are one machine here, after which a site would be called.
    { filledIn: { "init sender": "init sender --site remote1" } },
  );
  for (const [, line = ""] of made.matchAll(/^ {2}((?:install|echo) .+)$/gm)) {
    await place.run(line.replace("USER", "nagios"));
  }
  await place.run(`siteferry enrol remote1 '${keysIn(made)[0]}'`, nagios);
  await place.run("siteferry doctor sender", { ...nagios, ends: [0, 1] });
  await place.run(book.block(installation, "cp /usr/share/doc/siteferry"));
  const crontab = await place.run("sed 's/^#[*]/*/' /etc/cron.d/siteferry");
  await place.runWithCron(crontab);
  expect(await place.run("siteferry status", nagios)).toContain("remote1");
  await place.run(book.inline(installation, "rm /etc/cron.d/siteferry"));
  await place.run("rm /usr/bin/siteferry");
  await place.clear();
}

/** The core shows nothing of the site any more, and loads without siteferry's directory. */
export async function removed(place: Place): Promise<void> {
  const ofTheSite = "grep -q 'host_name.*remote1-' /var/lib/nagios4/objects.cache";
  // Earlier walks have gone back to what was before the site, and sealed what this centre can't open.
  const again = "siteferry config approve; siteferry receive --once --quiet";
  await place.run(again, { ...nagios, ends: [0, 76] });
  await place.until(ofTheSite);
  await place.run(place.book.block(installation, "sed -i"), {
    filledIn: { "systemctl reload nagios4": "kill -HUP $(cat /run/nagios4/nagios4.pid)" },
  });
  await place.until(`[ -s /var/lib/nagios4/objects.cache ] && ! ${ofTheSite}`);
  await place.run("nagios4 -v /etc/nagios4/nagios.cfg");
}

/** Both sides, and the objects of the site are seen at the core. */
export async function readme(place: Place): Promise<void> {
  const { book } = place;
  await place.startNagios();
  const dirs = "install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry";
  const made = await place.runWithCron(book.block("README.md", `${dirs}\n`));
  const [key = ""] = keysIn(made);
  await place.runWithCron(book.block("README.md", `${dirs} /etc/nagios4/siteferry\n`), {
    filledIn: { "ssh-ed25519 AAAA…": key },
  });
  const diff = book.inline("README.md", "runuser -u nagios -- siteferry config diff");
  expect(await place.run(diff, { ends: [1] })).toMatch(/^\+ host remote1-/m);
  await place.run(
    book.inline("README.md", "runuser -u nagios -- siteferry config approve remote1"),
  );
  // Nobody here waits for the 50 s between two reloads.
  await place.run(
    "sed -i 's/activate: {/activate: { reloadEvery: 1ms,/' /etc/siteferry/receiver.yaml",
  );
  await place.cron("/usr/local/bin/siteferry receive --once --log-level warn");
  await place.until(
    `grep -A 30 'host_name=remote1-' /var/lib/nagios4/status.dat | grep -q 'has_been_checked=1'`,
  );
  const doctor = book.inline("README.md", "runuser -u nagios -- siteferry doctor");
  for (const side of ["sender", "receiver"]) await place.run(`${doctor} ${side}`, { ends: [0, 1] });
  await place.runWithCron(book.block("docs/configuration.md", "* * * * * nagios"));
  expect(await place.run("runuser -u nagios -- siteferry status")).toContain("remote1");
}
