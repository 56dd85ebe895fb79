// siteferry init receiver.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { realProbes } from "@siteferry/agent";
import { FerryError, printable } from "@siteferry/model";
import {
  findCoreFile,
  firstReceiverFiles,
  firstReceiverSettings,
  type FirstTarget,
  parseCoreConfiguration,
} from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import {
  type Ask,
  configFlag,
  type InitOptions,
  newKey,
  refuseExisting,
  runNotes,
  userNote,
  writeFiles,
} from "./first-files.ts";

export async function initReceiver(options: InitOptions, ask: Ask): Promise<string> {
  const path = options.config ?? "/etc/siteferry/receiver.yaml";
  await refuseExisting(path);
  const centre = await ask(options.centre, "What is this centre called?", () => "central");
  const core = await ask(options.core, "Its core (nagios, naemon, icinga2)?", () => "nagios");
  const target = await (core === "icinga2"
    ? askIcinga2(options, ask)
    : askCore(core, options, ask));
  const link = await ask(
    options.link,
    "Where do bundles come from (drop:DIR, http:HOST:PORT to listen on loopback, none)?",
    () => "drop:/srv/ferry",
  );
  const spool = await ask(options.spool, "Where may they wait?", () => "/var/lib/siteferry");
  const answers = { centre, spool, path, target, link: link === "none" ? null : link };
  const text = firstReceiverSettings(answers);
  const files = firstReceiverFiles(answers);
  await refuseExisting(files.key, `${files.key}.pub`);
  await nodeFiles.makeDirectory(spool, 0o750);
  if (link.startsWith("drop:")) await nodeFiles.makeDirectory(link.slice("drop:".length), 0o750);
  const isNew = (await nodeFiles.status(files.signers)) === null;
  const key = await newKey(files.key, centre);
  const list = '# SITE namespaces="siteferry" ssh-ed25519 KEY: siteferry enrol adds them\n';
  await writeFiles([
    ...key.files,
    ...(isNew ? [{ path: files.signers, text: list, mode: 0o644 }] : []),
    { path, text, mode: 0o640 },
  ]);
  return `${path} is written, and ${files.key} signs this centre's receipts.
${await objectNotes(target)}
At each site whose link brings receipts (ssh, http):

  siteferry enrol --centre ${centre} '${key.publicLine}'

Each site's own line, which siteferry init sender prints there, belongs here:

  siteferry enrol SITE 'ssh-ed25519 …'

Then: siteferry doctor receiver${configFlag(path, "receiver")}
${runNotes("receive", path)}${userNote()}`;
}

async function askCore(core: string, options: InitOptions, ask: Ask): Promise<FirstTarget> {
  if (core !== "nagios" && core !== "naemon") {
    throw new FerryError("usage-wrong", `${printable(core)} is none of nagios, naemon, icinga2`);
  }
  const coreConfig = await ask(options.coreConfig, "Its main file?", async () => {
    const placeholder = { checkresults: { dir: "/", core, mode: 0 } } as const;
    const found = await findCoreFile({ targets: [placeholder] }, realProbes(), undefined);
    return (
      found?.file ?? (core === "nagios" ? "/etc/nagios4/nagios.cfg" : "/etc/naemon/naemon.cfg")
    );
  });
  const main = await readFile(coreConfig, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `The core's main file: ${printable(reason, 200)}; --core-config names it`;
    throw new FerryError("settings-unreadable", problem, { cause });
  });
  const { value } = parseCoreConfiguration(main, { file: coreConfig, isGuess: false });
  const results = value("check_result_path");
  const objectCache = value("object_cache_file");
  if (results === undefined || objectCache === undefined) {
    const problem = `${printable(coreConfig)} doesn't say check_result_path and object_cache_file`;
    throw new FerryError("settings-invalid", problem);
  }
  const objects = await ask(
    options.objects,
    "A directory for siteferry's objects alone?",
    () => `${dirname(coreConfig)}/siteferry`,
  );
  return { core, coreConfig, results, objectCache, objects };
}

async function askIcinga2(options: InitOptions, ask: Ask): Promise<FirstTarget> {
  const url = await ask(options.icinga2Url, "Its API?", () => "https://127.0.0.1:5665");
  const none = "none";
  const serverName = await ask(
    options.serverName,
    "Its NodeName, where that isn't the host of the address?",
    () => none,
  );
  const ca = await ask(
    options.ca,
    "Its authority's certificate, a copy?",
    () => "/etc/siteferry/icinga2-ca.crt",
  );
  const password = await ask(
    options.password,
    "A file with the API user's password?",
    () => "/etc/siteferry/icinga2.password",
  );
  return {
    core: "icinga2",
    url,
    serverName: serverName === none ? null : serverName,
    ca,
    password,
  };
}

/** The directory of objects is made where we may, and the core's main file is the operator's. */
async function objectNotes(target: FirstTarget): Promise<string> {
  if (target.core === "icinga2") return "\nThe API user it needs: docs/icinga2.md\n";
  const { objects, coreConfig } = target;
  const isMade = await nodeFiles.makeDirectory(objects, 0o755).then(
    () => true,
    () => false,
  );
  const main = await readFile(coreConfig, "utf8");
  const { values } = parseCoreConfiguration(main, { file: coreConfig, isGuess: false });
  const isRead = values("cfg_dir").some((dir) =>
    `${objects}/`.startsWith(`${dir.replace(/\/+$/, "")}/`),
  );
  const lines = [
    ...(isMade ? [] : [`install -d -o ${realProbes().user.name} -m 755 ${objects}`]),
    ...(isRead ? [] : [`echo 'cfg_dir=${objects}' >> ${coreConfig}`]),
  ];
  return lines.length === 0 ? "" : `\nAs root, then restart the core:\n\n  ${lines.join("\n  ")}\n`;
}
