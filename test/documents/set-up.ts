// The set-up of README.md, on a real Nagios with Debian's own files.

import { expect } from "vitest";
import type { Place } from "./place.ts";

/** The line that `init sender` prints for the centre. */
export function keyIn(printed: string): string {
  return /enrol (?:\S+ )+'(ssh-ed25519 [^']+)'/.exec(printed)![1]!;
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
  const block = place.book.block("docs/installation.md", "ssh-keygen -Y verify");
  await place.run(`mkdir /tmp/packages; cd /tmp/packages
ssh-keygen -q -t ed25519 -N '' -f release
(printf 'siteferry '; cat release.pub) > release_signers
echo whole | tee siteferry.deb > siteferry.rpm; sha256sum siteferry.* > SHA256SUMS; rm siteferry.rpm
ssh-keygen -q -Y sign -f release -n file SHA256SUMS`);
  const check = `cd /tmp/packages\n${block}`;
  expect(await place.run(check)).toMatch(/^Good "file" signature for siteferry [^]*deb: OK$/m);
  await place.run(`echo other > /tmp/packages/siteferry.deb; ${check}`, { ends: [1] });
}

/** Both sides, and the objects of the site are seen at the core. */
export async function readme(place: Place): Promise<void> {
  const { book } = place;
  await place.startNagios();
  const dirs = "install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry";
  const made = await place.runWithCron(book.block("README.md", `${dirs}\n`));
  const key = keyIn(made);
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
