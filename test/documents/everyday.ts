// What an operator does on a machine that is set up: look, let in, refuse, carry by hand, look inside.

import { expect } from "vitest";
import type { Place } from "./place.ts";
import { keysIn } from "./set-up.ts";

const nagios = { user: "nagios" };

/** Before README.md is followed: the other words for the same beginning. */
export async function firstSteps(place: Place): Promise<void> {
  const { book } = place;
  await place.run(
    "install -d -o nagios /etc/siteferry /var/lib/siteferry /srv/ferry /etc/nagios4/siteferry",
  );
  const keygen = book.block("docs/configuration.md", "siteferry keygen /etc/siteferry/remote1.key");
  const [command = "", , line = ""] = keygen.split("\n");
  const printed = await place.run(command, nagios);
  expect(printed).toMatch(
    new RegExp(`^${line.replace("AAAAC3Nza…", String.raw`AAAAC3Nza\S+`)}$`, "m"),
  );
  await place.run("rm /etc/siteferry/remote1.key*");
  const stock = book.inline(
    "docs/configuration.md",
    "ssh-keygen -t ed25519 -N '' -C remote1 -f /etc/siteferry/remote1.key",
  );
  await place.run(stock, nagios);
  await place.run(book.inline("docs/configuration.md", "ssh-keygen -l -f FILE"), {
    filledIn: { FILE: "/etc/siteferry/remote1.key" },
  });
  await place.run("rm /etc/siteferry/remote1.key*");

  const init = book.block("docs/operating.md", "siteferry init sender").split("\n");
  const keys: string[] = [];
  for (const side of init.slice(0, 2)) keys.push(await place.run(side, nagios));
  const enrol = book.block("docs/operating.md", "siteferry enrol remote1");
  await place.run(enrol, {
    ...nagios,
    filledIn: {
      "ssh-ed25519 AAAA… remote1": keysIn(keys[0]!)[0]!,
      "ssh-ed25519 AAAA… central": keysIn(keys[1]!)[0]!,
    },
  });
  expect(await place.run("cat /etc/siteferry/centre_keys")).toContain(keysIn(keys[1]!)[0]!);
  await place.clear();
}

export async function looking(place: Place): Promise<void> {
  const { book } = place;
  const operating = "docs/operating.md";
  // A plugin's statuses; the objects have problems, as sites do.
  const plugin = { ...nagios, ends: [0, 1, 2] };
  await place.runEach(book.block(operating, "siteferry status "), plugin);
  await place.runEach(book.block(operating, "siteferry check --sender"), plugin);
  await place.runEach(book.block(operating, "siteferry doctor sender"), plugin);
  await place.run(book.block(operating, "siteferry outbox"), nagios);
  await place.runEach(book.block("docs/objects.md", "runuser -u nagios -- siteferry config diff"), {
    ends: [0, 1],
  });
  const hosts = book.inline(operating, "tail -n +2 SPOOL/receiver/sites/SITE/hosts");
  const filledIn = { SPOOL: "/var/lib/siteferry", SITE: "remote1" };
  expect(await place.run(hosts, { filledIn })).toContain("remote1-");
  const fingerprint = book.inline("docs/errors.md", "ssh-keygen -lf /etc/siteferry/SITE.key.pub");
  expect(await place.run(fingerprint, { filledIn: { SITE: "remote1" } })).toContain("SHA256:");
  await place.run(book.inline("docs/objects.md", "siteferry config diff [--full]"), {
    ...plugin,
    filledIn: { "[--full]": "--full" },
  });
  await place.run(book.inline("docs/objects.md", "siteferry config render [--out DIR]"), {
    ...nagios,
    filledIn: { "[--out DIR]": "--out /tmp/rendered" },
  });
  expect(await place.run("cat /tmp/rendered/*.cfg")).toContain("define host");
}

export async function quarantine(place: Place): Promise<void> {
  const { book } = place;
  const strange = "/srv/ferry/remote1-000000000001-000000000009.delta.ferry";
  const refuse = async (): Promise<string> => {
    await place.run(`echo strange$RANDOM > ${strange}; chown nagios ${strange}`);
    await place.run("siteferry receive --once --quiet", { ...nagios, ends: [76] });
    const list = await place.run("siteferry quarantine list --json", nagios);
    return (JSON.parse(list) as { id: string }[])[0]!.id;
  };
  const block = book.block("docs/operating.md", "siteferry quarantine list");
  const [list = "", show = "", release = "", drop = ""] = block.split("\n");
  const filledIn = { ID: await refuse() };
  expect(await place.run(list, nagios)).toContain("remote1");
  await place.run(show, { ...nagios, ends: [0, 76], filledIn: { " ID ": ` ${filledIn.ID} ` } });
  await place.run(release, { ...nagios, filledIn });
  await place.run(drop, { ...nagios, filledIn: { ID: await refuse() } });
  await place.run(
    book.inline("docs/operating.md", "runuser -u nagios -- siteferry quarantine list"),
  );
}

/** Other commands that the documents name, on a machine that is set up. */
export async function elsewhere(place: Place): Promise<void> {
  const { book } = place;
  const errors = "docs/errors.md";
  const spool = "/var/lib/siteferry";
  await place.run("rm -f central.age");
  await place.run(book.block("docs/configuration.md", "siteferry keygen --age"), nagios);
  await place.run(book.inline(errors, "age-keygen -y FILE"), { filledIn: { FILE: "central.age" } });
  await place.run("rm central.age");
  const stock = "age-keygen -o /etc/siteferry/central.age";
  await place.run(book.inline("docs/configuration.md", stock), nagios);
  await place.run("rm central.age");
  for (const look of ["df SPOOL", "du -xh SPOOL | sort -h | tail"]) {
    await place.run(book.inline(errors, look), { filledIn: { SPOOL: spool } });
  }
  // Nobody holds it.
  const holder = book.inline(errors, "fuser SPOOL/sender/lock");
  await place.run(holder, { ends: [0, 1], filledIn: { SPOOL: spool } });
  await place.run("chown root /var/lib/siteferry/receiver");
  await place.run(book.inline(errors, "chown -R nagios /var/lib/siteferry"));
  const file = { FILE: "/etc/siteferry/receiver.yaml" };
  await place.run(book.inline(errors, "runuser -u nagios -- head -1 FILE"), { filledIn: file });
  const sudoers = book.block("docs/objects.md", "nagios ALL=(root)");
  await place.write("/tmp/sudoers", sudoers);
  await place.run("visudo -c -f /tmp/sudoers");
  const [, pipe = ""] = /^"\|(.+)"$/m.exec(book.block("docs/transports/mail.md", '"|/usr'))!;
  // Not one of siteferry's: it goes back to its sender.
  await place.run(`printf 'Subject: hello\\n\\n' | ${pipe}`, { ...nagios, ends: [70, 76] });
  const objects = "docs/objects.md";
  await place.run(book.inline("docs/operating.md", "siteferry forget SITE"), {
    ...nagios,
    filledIn: { SITE: "remote1" },
  });
  await place.run(book.inline(objects, "siteferry config rollback"), {
    ...nagios,
    ends: [0, 70, 78],
  });
  await place.run(book.inline("docs/migration.md", "siteferry send --once"), nagios);
}

/** A new epoch, a stick, the bundle without siteferry. */
export async function byHand(place: Place): Promise<void> {
  const { book } = place;
  await place.run(book.block("docs/operating.md", "rm SPOOL/sender/state/numbering*"), {
    filledIn: { SPOOL: "/var/lib/siteferry" },
  });
  await place.run("install -d -o nagios /media/stick");
  const stick = book.block("docs/transports/drop.md", "siteferry export /media/stick");
  expect(await place.run(stick, nagios)).toMatch(/keyframe/);
  await place.run("siteferry receive --once --quiet", nagios);

  await place.run(
    book.inline(
      "docs/examples.md",
      "runuser -u nagios -- siteferry keygen --age /etc/siteferry/central.age",
    ),
  );
  const [recipient = ""] =
    /age1\w+/.exec(await place.run("age-keygen -y /etc/siteferry/central.age")) ?? [];
  await place.run(`mkdir /tmp/inside
cp /media/stick/*.keyframe.ferry /tmp/inside/remote1-000000000001-000000000002.keyframe.ferry
cp /etc/siteferry/allowed_signers /tmp/inside`);
  const [clear = "", , signature = ""] = book
    .block("docs/specs/bundle.md", "f=remote1-")
    .split(/(\n\n)/);
  const [name = "", list = "", states = "", encrypted = ""] = clear.split("\n");
  const inside = (script: string): Promise<string> =>
    place.run(`cd /tmp/inside\n${name}\n${script}`);
  expect(await inside(list)).toContain("service_states.ndjson");
  expect(await inside(states)).toContain("Disk C:");
  expect(await inside(signature)).toContain('Good "siteferry" signature for remote1');
  await inside(book.inline("docs/specs/bundle.md", "tail -c +564 $f | sha512sum"));
  await place.run(
    `sed -i 's/^encryptTo.*//; $a encryptTo: [${recipient}]' /etc/siteferry/sender.yaml`,
  );
  await place.run("rm /media/stick/*; siteferry export /media/stick", nagios);
  await place.run(`cp /media/stick/*.keyframe.ferry /tmp/inside/${name.slice(2)}
cp /etc/siteferry/central.age /tmp/inside/centre.age`);
  expect(await inside(encrypted)).toContain("service_states.ndjson");
  await place.run(
    book.inline(
      "docs/configuration.md",
      "siteferry inspect FILE --identity /etc/siteferry/central.age",
    ),
    { filledIn: { FILE: "/media/stick/*.keyframe.ferry" } },
  );
  await place.run(
    book.block("docs/configuration.md", "cat remote1.key.pub >> /etc/siteferry/revoked_keys"),
  );
}
