// siteferry init sender.

import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { parseSiteId } from "@siteferry/model";
import { firstFiles, firstSenderSettings, parseFirstLink } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";
import {
  type Answer,
  type Ask,
  configFlag,
  type InitOptions,
  newKey,
  newToken,
  refuseExisting,
  runNotes,
  triedPath,
  userNote,
  writeFiles,
} from "./first-files.ts";

/** Each answer is tried in these. */
const tried = {
  site: "remote1",
  centre: "central",
  livestatus: "unix:/live",
  link: "drop:/link",
  spool: "/spool",
  path: triedPath,
};

export async function initSender(options: InitOptions, ask: Ask): Promise<string> {
  const path = options.config ?? "/etc/siteferry/sender.yaml";
  await refuseExisting(path);
  const take = async (
    name: keyof typeof tried & Answer,
    question: string,
    usual: () => string | Promise<string>,
  ): Promise<string> =>
    await ask(name, question, usual, (answer) => firstSenderSettings({ ...tried, [name]: answer }));
  const site = await take("site", "What is this site called?", ownName);
  const centre = await take("centre", "And its centre?", () => "central");
  const livestatus = await take("livestatus", "Where does Livestatus listen?", findSocket);
  const link = await take(
    "link",
    "How do bundles leave (drop:DIR, https://HOST:PORT, ssh:USER@HOST, mail:ADDRESS)?",
    () => "drop:/srv/ferry",
  );
  const spool = await take("spool", "Where may they wait?", () => "/var/lib/siteferry");
  const answers = { site, centre, livestatus, link, spool, path };
  const text = firstSenderSettings(answers);
  const files = firstFiles(answers);
  const { kind, ...rest } = parseFirstLink(link);
  const made = [files.key, `${files.key}.pub`, ...(kind === "http" ? [files.token] : [])];
  await refuseExisting(...made, ...(kind === "ssh" ? [files.sshKey] : []));
  await nodeFiles.makeDirectory(spool, 0o750);
  if ("dir" in rest) await nodeFiles.makeDirectory(rest.dir, 0o750);
  const key = await newKey(files.key, site);
  const ssh = kind === "ssh" ? await newKey(files.sshKey, `siteferry-${site}`) : null;
  await writeFiles([
    ...key.files,
    ...(ssh?.files ?? []),
    ...(kind === "http" ? [{ path: files.token, text: `${newToken()}\n`, mode: 0o600 }] : []),
    { path, text, mode: 0o640 },
  ]);
  return `${path} is written, and ${files.key} is this site's key.

At the centre, as the receiver's user:

  siteferry enrol ${site} '${key.publicLine}'${kind === "http" ? ` --token /etc/siteferry/${site}.token` : ""}
${wayNotes(kind, files, ssh?.publicLine ?? "", centre)}
Then here: siteferry doctor sender${configFlag(path, "sender")}
${runNotes("send", path, options.script)}${userNote()}`;
}

function wayNotes(
  kind: string,
  files: ReturnType<typeof firstFiles>,
  sshLine: string,
  centre: string,
): string {
  const receipts = `
Receipts come back on this link: enter the line that siteferry init receiver printed there, or keygen:

  siteferry enrol --centre ${centre} 'ssh-ed25519 …'
`;
  if (kind === "http") {
    return `\nBring ${files.token} there on a safe way, mode 0600, under that name.\n${receipts}`;
  }
  if (kind !== "ssh") return "";
  return `
In authorized_keys of the login there, in front of it what docs/transports/ssh.md has:

  ${sshLine}

And the centre's host key, compared with its owner, into ${files.knownHosts}.
${receipts}`;
}

/** The machine's name, as far as it can be an id. */
function ownName(): string {
  const [first = ""] = hostname().toLowerCase().split(".");
  const name = first
    .replaceAll(/[^a-z0-9-]/g, "-")
    .replace(/^-+/, "")
    .slice(0, 32);
  return parseSiteId(name) ?? "remote1";
}

async function findSocket(): Promise<string> {
  const { OMD_ROOT: root } = process.env;
  const places = [
    ...(root === undefined ? [] : [`${root}/tmp/run/live`]),
    "/var/run/icinga2/cmd/livestatus",
    "/var/lib/nagios4/rw/live",
    "/var/cache/naemon/live",
    "/usr/local/nagios/var/rw/live",
  ];
  for (const place of places) {
    const stats = await stat(place).catch(() => null);
    if (stats?.isSocket() === true) return `unix:${place}`;
  }
  return `unix:${places[0]}`;
}
