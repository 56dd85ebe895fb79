// The links of docs/transports: a real sshd and a real nginx at the names and ports of the documents.

import { expect } from "vitest";
import type { Place } from "./place.ts";

const ssh = "docs/transports/ssh.md";
const http = "docs/transports/http.md";
const nagios = { user: "nagios" };

/** A site that is enrolled, a centre that signs receipts, and a sshd and an authority that they believe. */
async function beginLinks(place: Place): Promise<void> {
  await place.clear();
  await place.run(`install -d -o nagios -m 750 /etc/siteferry /var/lib/siteferry /srv/ferry /srv/siteferry
mkdir -p /run/sshd; /usr/sbin/sshd
cd /etc/ssl/certs
for name in central remote1; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$name \\
    -addext subjectAltName=DNS:$name.example.net -addext basicConstraints=critical,CA:TRUE \\
    -keyout ../private/$name.example.net.key -out $name.example.net.pem
done
openssl rehash .`);
  await place.run("chmod 755 /srv/siteferry");
  await enrol(place, "remote1");
}

/** Keys of a site and of the centre, each where the other side's settings name them. */
export async function enrol(place: Place, site: string): Promise<void> {
  await place.run(
    `siteferry keygen ${site}.key -C ${site} | tail -1 >> allowed_signers
siteferry keygen central.key -C central | tail -1 > centre_keys`,
    nagios,
  );
}

/** Sends, and says what was shipped; a receipt is there, or there is none on this link. */
export async function ship(place: Place): Promise<void> {
  await place.run("siteferry send --once --quiet", nagios);
  expect(await place.run("siteferry outbox --json", nagios)).not.toContain(".ferry");
}

export async function toAProcess(place: Place): Promise<void> {
  const { book } = place;
  await place.stopNagios();
  await beginLinks(place);
  const stock = "runuser -u nagios -- ssh-keygen -t ed25519 -N '' -f /etc/siteferry/ssh.key";
  await place.run(book.inline(ssh, stock));
  await place.run(book.block(ssh, "ssh-keyscan central.example.net"));
  await place.run(book.inline(ssh, "ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub"));
  await place.run(book.inline(ssh, "usermod -s /bin/sh nagios"));
  const key = { "ssh-ed25519 AAAAC3Nza… remote1": await sshKey(place) };
  await authorise(place, "/var/lib/nagios", book.block(ssh, 'restrict,command="/usr/local'), key);
  await place.write("/etc/siteferry/receiver.yaml", book.yaml(ssh, "# receiver.yaml"));
  await place.write("/etc/siteferry/sender.yaml", book.yaml(ssh, "# sender.yaml", "user: nagios"));
  await ship(place);
  expect(await place.run("ls /var/lib/siteferry/receiver/arrivals")).toContain("remote1-");

  await place.write(
    "/var/lib/nagios/.ssh/config",
    "Host central\n  IdentityFile /etc/siteferry/ssh.key\n  UserKnownHostsFile /etc/siteferry/known_hosts\n  HostName central.example.net",
  );
  await place.write(
    "/etc/siteferry/sender.yaml",
    book.yaml(ssh, "# sender.yaml", "command: [ssh,"),
  );
  await place.run("rm /var/lib/siteferry/sender/state/numbering*");
  await ship(place);
}

export async function sshKey(place: Place): Promise<string> {
  return (await place.run("cat /etc/siteferry/ssh.key.pub")).trim();
}

export async function authorise(
  place: Place,
  home: string,
  line: string,
  filledIn: Readonly<Record<string, string>>,
): Promise<void> {
  let text = line;
  for (const [blank, filling] of Object.entries(filledIn)) {
    if (!text.includes(blank)) throw new Error(`"${blank}" isn't in: ${text}`);
    text = text.replace(blank, filling);
  }
  await place.write(`${home}/.ssh/authorized_keys`, text);
}

/** livedump's own crontab at the site, with siteferry at the centre. */
export async function livedumpBySsh(place: Place): Promise<void> {
  const { book } = place;
  const migration = "docs/migration.md";
  const yaml = book.yaml(migration, "# receiver.yaml", "livedump: true");
  await place.write("/etc/siteferry/receiver.yaml", yaml.replace("r1-*", "*"));
  await place.run("(printf 'remote1 '; cat central.key.pub) >> allowed_signers", nagios);
  const command =
    'restrict,command="/usr/local/bin/siteferry receive --stdin remote1 --format livedump --log-level warn" ssh-ed25519 …';
  await authorise(place, "/var/lib/nagios", book.inline(migration, command), {
    "ssh-ed25519 …": await sshKey(place),
  });
  const crontab = book.block(migration, "* * * * *  livedump -M | ssh central");
  const here = "export OMD_ROOT=/omd/sites/acme PATH=/usr/local/bin:$PATH; ";
  await place.runWithCron(crontab.replaceAll("livedump -M", `${here}livedump -M`));
  expect(await place.run("ls /var/lib/siteferry/receiver/arrivals")).toMatch(
    /config.*\n.*keyframe|keyframe.*\n.*config/,
  );
  await place.run("rm -r /var/lib/siteferry/*");
}

export async function throughTheLogin(place: Place): Promise<void> {
  const { book } = place;
  await place.run(book.block(http, "runuser -u nagios -- sh -c 'umask 077; openssl rand"));
  await place.run(
    book.inline(ssh, "useradd --system --create-home --shell /usr/sbin/nologin ferry"),
  );
  const line = book.block(ssh, 'restrict,port-forwarding,permitopen="127.0.0.1:8780"');
  await authorise(place, "/home/ferry", line, {
    "ssh-ed25519 AAAAC3Nza… remote1": await sshKey(place),
  });
  await place.write("/etc/siteferry/receiver.yaml", book.yaml(ssh, "# receiver.yaml"));
  await place.write("/etc/siteferry/sender.yaml", book.yaml(ssh, "# sender.yaml", "user: ferry"));
  await listening(place, "http://127.0.0.1:8780", () => ship(place));
  for (const user of ["ferry", "ferry-remote1"]) {
    const matching = book.block(ssh, `Match User ${user}\n`);
    await place.write(`/tmp/sshd-${user}`, matching);
    await place.run(`/usr/sbin/sshd -t -f /tmp/sshd-${user}`);
  }
}

/** While the receiver's daemon runs and is well at `url`. */
export async function listening(
  place: Place,
  url: string,
  work: () => Promise<void>,
): Promise<void> {
  const login = "setpriv --reuid nagios --regid nagios --init-groups";
  await place.start("receiver", `${login} siteferry receive`);
  await place.until(`curl -sf ${url}/v1/health > /tmp/none`);
  await work();
  await place.stop("receiver");
}

export async function byHttp(place: Place): Promise<void> {
  const { book } = place;
  await place.run(`cp /etc/ssl/certs/central.example.net.pem central.pem
install -o nagios -m 600 /etc/ssl/private/central.example.net.key central-tls.key`);
  await place.write(
    "/etc/siteferry/receiver.yaml",
    book.yaml(http, "# receiver.yaml", "[::]:8443"),
  );
  await place.write("/etc/siteferry/sender.yaml", book.yaml(http, "# sender.yaml", "8443"));
  await listening(place, "https://central.example.net:8443", async () => {
    await ship(place);
    const health = "curl https://central.example.net:8443/v1/health";
    expect(await place.run(book.inline(http, health))).toContain("ok");
    await place.run(book.inline(http, "siteferry doctor sender"), { ...nagios, ends: [0, 1] });
  });
  const certificate = book.block(http, "openssl req -x509 -newkey ec");
  expect(await place.run(`cd /tmp; ${certificate}`)).toMatch(
    /sha256 Fingerprint=(?:[\dA-F]{2}:){31}/,
  );
}

export async function pulled(place: Place): Promise<void> {
  const { book } = place;
  await place.run(`cp -p remote1.token remote1-outbox.token
sed -e "s/REPLACE-WITH-THE-TOKEN/$(cat remote1.token)/" -e 's/192.0.2.10/127.0.0.1/' \\
  /opt/siteferry/deploy/nginx/siteferry-outbox.conf > /etc/nginx/conf.d/outbox.conf
nginx`);
  await place.run("chown nagios /srv/siteferry");
  await place.write(
    "/etc/siteferry/sender.yaml",
    book.yaml(http, "# sender.yaml", "/srv/siteferry"),
  );
  await place.write("/etc/siteferry/receiver.yaml", book.yaml(http, "# receiver.yaml", "httpPull"));
  await ship(place);
  expect(await place.run("siteferry receive --once 2>&1", nagios)).toMatch(/"accepted":[1-9]/);
  const page = book.block("docs/operating.md", "location / {");
  await place.write("/etc/nginx/conf.d/page.conf", `server {\n  listen 8080;\n${page}}`);
  await place.run("nginx -t; nginx -s stop; rm /etc/nginx/conf.d/*");
}
