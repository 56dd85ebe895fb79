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
