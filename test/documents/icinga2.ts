// docs/icinga2.md: Debian's Icinga 2, set up from its package to objects that a site brought, and left again.

import { expect } from "vitest";
import { enrol, ship } from "./links.ts";
import type { Place } from "./place.ts";

const document = "docs/icinga2.md";
const nagios = { user: "nagios" };
const curl = "curl -sf --cacert /var/lib/icinga2/certs/ca.crt";

export async function icinga2(place: Place): Promise<void> {
  const { book } = place;
  await place.clear();
  await place.run(
    "install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry /run/icinga2",
  );
  await enrol(place, "remote1");
  // Its way of copying a file doesn't work within an overlay.
  await place.run("cp -a /etc/icinga2 /tmp/etc && mount --bind /tmp/etc /etc/icinga2");
  await place.run(book.inline(document, "icinga2 api setup"));
  const user = book.block(document, 'object ApiUser "siteferry" {').replace("…", "secret");
  await place.write("/tmp/user", user);
  await place.run(`cat /tmp/user >> /etc/icinga2/conf.d/api-users.conf
install -o nagios -m 600 /dev/null icinga2.password; echo secret > icinga2.password
install -o nagios -m 644 /var/lib/icinga2/certs/ca.crt icinga2-ca.crt`);
  await place.run(book.inline("docs/commands.md", "icinga2 feature enable livestatus"));
  await place.run(book.inline("docs/configuration.md", "icinga2 feature enable compatlog"));
  await place.run(book.inline(document, "icinga2 daemon -C"));
  const name = await place.run(book.inline(document, "icinga2 variable get NodeName"));
  expect(name.trim()).toBe("central.example.net");
  await place.start("icinga2", "icinga2 daemon");
  await place.until(
    `${curl} -u siteferry:secret https://central.example.net:5665/v1/status > /tmp/none`,
  );

  await place.write(
    "/etc/siteferry/sender.yaml",
    "site: remote1\ncentre: central\nlivestatus: unix:/run/live\nkey: /etc/siteferry/remote1.key\ntransports: [{ drop: { dir: /srv/ferry } }]",
  );
  await place.write(
    "/etc/siteferry/receiver.yaml",
    `centre: central\nallowedSigners: /etc/siteferry/allowed_signers\nsites: { remote1: {} }\ntransports: [{ drop: { dir: /srv/ferry } }]\n${book.block(document, "targets:")}`,
  );
  await ship(place);
  const receive = "siteferry receive --once --quiet";
  await place.run(`${receive}; siteferry config approve remote1; ${receive}`, nagios);
  const [password = ""] = /(?<=password = ")[^"]+/.exec(
    await place.run("grep -A 4 'ApiUser .root' /etc/icinga2/conf.d/api-users.conf"),
  )!;
  const host = `${curl} -u root:${password} https://central.example.net:5665/v1/objects/hosts/app-003`;
  expect(await place.run(host)).toContain('"siteferry_site":"remote1"');
  const left = await place.run(book.block(document, "curl --cacert"), {
    filledIn: { "root:…": `root:${password}` },
  });
  expect(JSON.parse(left)).toMatchObject({ results: [{ code: 200 }] });
}
