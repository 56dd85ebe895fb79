// The machine on which the documents are followed, as root, to the letter: a copy of this one on which a
// site's Livestatus answers, and Debian's Nagios can be started. Site and centre are both here.

import { mkdir } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { bundle } from "../../packaging/bundle.ts";
import { type CopiedMachine, copyMachine } from "../copied-machine.ts";
import { Book } from "./book.ts";
import { cronCommand } from "./read-document.ts";

export interface RunOptions {
  /** Instead of root. */
  readonly user?: string;
  /** Exit statuses that are right; by default 0. */
  readonly ends?: readonly number[];
  /** What a reader puts in the place of what the document can't know. */
  readonly filledIn?: Readonly<Record<string, string>>;
}

const node = "/opt/siteferry/node_modules/.bin/node";
const checkout = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Where the documents' Livestatus sockets are. */
const sockets = [
  "/run/live",
  "/run/icinga2/cmd/livestatus",
  "/omd/sites/acme/tmp/run/live",
  "/omd/sites/central/tmp/run/live",
  "/var/cache/naemon/live",
];

/** The servers that the documents name. */
const hosts = [
  "central.example.net central",
  "monitor.dmz.example.net",
  "remote1.example.net",
  "mail.example.net mail.acme.example.com",
];

export class Place {
  readonly book: Book = new Book();
  readonly #machine: CopiedMachine;

  constructor(machine: CopiedMachine) {
    this.#machine = machine;
  }

  /** What a script printed; throws with all that it said if it ends otherwise than it should. */
  async run(script: string, { user, ends = [0], filledIn = {} }: RunOptions = {}): Promise<string> {
    let text = script;
    for (const [blank, filling] of Object.entries(filledIn)) {
      if (!text.includes(blank)) throw new Error(`"${blank}" isn't in: ${text}`);
      text = text.replaceAll(blank, filling);
    }
    const whole = `set -e\ncd /etc/siteferry 2>/dev/null || cd /\n${text}`;
    const login = `runuser -u ${user} -- sh -c ${quoted(whole)}`;
    const { status, stdout, stderr } = await this.#machine.sh(user === undefined ? whole : login);
    if (status !== null && ends.includes(status)) return stdout;
    throw new Error(`${text}\nended with ${status}: ${stdout}${stderr}`);
  }

  /** Each line for itself, whose exit status says something. */
  async runEach(script: string, options: RunOptions = {}): Promise<string> {
    let printed = "";
    for (const line of script.split("\n").filter((text) => text !== "")) {
      const blanks = Object.entries(options.filledIn ?? {}).filter(([blank]) =>
        line.includes(blank),
      );
      printed += await this.run(line, { ...options, filledIn: Object.fromEntries(blanks) });
    }
    return printed;
  }

  /** A block with lines of a crontab in it: these come last, as cron would run them. */
  async runWithCron(block: string, options: RunOptions = {}): Promise<string> {
    const lines = block.split("\n");
    const printed = await this.run(
      lines.filter((line) => cronCommand(line) === null).join("\n"),
      options,
    );
    for (const line of lines) {
      const command = cronCommand(line);
      if (command !== null) await this.cron(command);
    }
    return printed;
  }

  /** As cron runs a command of `nagios`: it mails what is printed. */
  async cron(command: string): Promise<string> {
    const clean = "env -i PATH=/usr/bin:/bin HOME=/var/lib/nagios";
    return await this.run(`runuser -u nagios -- ${clean} sh -c ${quoted(command)}`);
  }

  async write(path: string, text: string): Promise<void> {
    await this.run(`mkdir -p ${quoted(path.replace(/\/[^/]*$/, ""))}; cat > ${quoted(path)} <<'END_OF_FILE'
${text}
END_OF_FILE`);
  }

  /** What the packages have in one file, in place of the checkout: it starts in half the time. */
  async hasten(): Promise<void> {
    await this.write(
      "/usr/local/bin/siteferry",
      `#!/bin/sh\nNODE_COMPILE_CACHE=/tmp/node-compile-cache SITEFERRY_CALLED="$0" exec ${node} /opt/bundle/siteferry.cjs "$@"`,
    );
  }

  /** Until `condition`, a line of sh, holds. */
  async until(condition: string): Promise<void> {
    const looking = `until ${condition}; do sleep 0.1; done`;
    await this.run(`timeout 60 sh -c ${quoted(looking)}`);
  }

  /** Something that goes on running, with what it says in a file of this name in /tmp. */
  async start(name: string, command: string): Promise<void> {
    await this.run(`${command} > /tmp/${name}.log 2>&1 & echo $! > /tmp/${name}.pid`);
  }

  async stop(name: string): Promise<void> {
    const process = await this.run(`cat /tmp/${name}.pid`);
    await this.run(`kill ${process}`);
    await this.until(`! [ -d /proc/${process.trim()} ]`);
  }

  async startNagios(): Promise<void> {
    await this.run("nagios4 -d /etc/nagios4/nagios.cfg");
    await this.until("[ -p /var/lib/nagios4/rw/nagios.cmd ] && [ -s /var/lib/nagios4/status.dat ]");
  }

  async stopNagios(): Promise<void> {
    await this.run("kill $(cat /run/nagios4/nagios4.pid)");
    await this.until("! [ -e /run/nagios4/nagios4.pid ]");
  }

  /** Nothing of siteferry's is on it, and Debian's files are as they were. */
  async clear(): Promise<void> {
    await this.run(`cd /
rm -rf /etc/siteferry /var/lib/siteferry /srv/* /etc/nagios4/siteferry
cp /root/nagios.cfg /etc/nagios4/nagios.cfg
rm -rf /var/lib/nagios4/spool/checkresults/* /etc/nagios4/conf.d/*`);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export async function openPlace(stack: AsyncDisposableStack): Promise<Place> {
  const directory = stack.use(await makeTemporaryDirectory("documents"));
  await mkdir(`${directory.path}/bundle`);
  const machine = stack.use(
    await copyMachine(`${directory.path}/machine`, {
      "/opt/siteferry": checkout,
      "/opt/bundle": `${directory.path}/bundle`,
    }),
  );
  const place = new Place(machine);
  await bundle(checkout, `${directory.path}/bundle/siteferry.cjs`);
  // Nagios looks for results and writes its state once in ten seconds; nobody here waits so long.
  await place.run(`hostname central.example.net
printf '127.0.0.1 ${hosts.join(" ")} localhost\\n' > /etc/hosts
cd /etc/nagios4
sed -i -e 's/^check_result_reaper_frequency=.*/check_result_reaper_frequency=1/' \\
  -e 's/^status_update_interval=.*/status_update_interval=1/' nagios.cfg
cp nagios.cfg /root/nagios.cfg
install -d -o nagios /run/nagios4
install -d -m 1777 /tmp/node-compile-cache
for socket in ${sockets.join(" ")}; do mkdir -p "$(dirname "$socket")"; done`);
  const addresses = [...sockets.map((path) => `unix:${path}`), "tcp:127.0.0.1:6557"];
  const site = new URL("site.ts", import.meta.url).pathname.replace(checkout, "/opt/siteferry");
  await place.start("site", `${node} ${site} ${addresses.join(" ")}`);
  await place.until("grep -q ready /tmp/site.log");
  return place;
}
