// siteferry init receiver.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { realProbes } from "@siteferry/agent";
import { FerryError, printable } from "@siteferry/model";
import {
  findCoreFile,
  firstReceiverFiles,
  firstReceiverSettings,
  type FirstReceiverSettings,
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
  triedPath,
  userNote,
  writeFiles,
} from "./first-files.ts";

export async function initReceiver(options: InitOptions, ask: Ask): Promise<string> {
  const path = options.config ?? "/etc/siteferry/receiver.yaml";
  await refuseExisting(path);
  const centre = await ask(
    "centre",
    "What is this centre called?",
    () => "central",
    (answer) => attempt({ centre: answer }),
  );
  const question = "Its core (nagios, naemon, icinga2)?";
  const core = parseCore(await ask("core", question, () => "nagios", parseCore));
  const target = await (core === "icinga2" ? askIcinga2(ask) : askCore(core, ask));
  const link = await ask(
    "link",
    "Where do bundles come from (drop:DIR, http:HOST:PORT to listen on loopback, none)?",
    () => "drop:/srv/ferry",
    (answer) => attempt({ link: linkOf(answer) }),
  );
  const spool = await ask(
    "spool",
    "Where may they wait?",
    () => "/var/lib/siteferry",
    (answer) => attempt({ spool: answer }),
  );
  const answers = { centre, spool, path, target, link: linkOf(link) };
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
${runNotes("receive", path, options.script)}${userNote()}`;
}

function linkOf(answer: string): string | null {
  return answer === "none" ? null : answer;
}

type OwnCore = Exclude<FirstTarget, { core: "icinga2" }>;
type Icinga2 = Extract<FirstTarget, { core: "icinga2" }>;

const triedCore: OwnCore = {
  core: "nagios",
  coreConfig: "/nagios.cfg",
  results: "/results",
  objectCache: "/cache",
  objects: "/objects",
};
const triedIcinga2: Icinga2 = {
  core: "icinga2",
  url: "https://127.0.0.1:5665",
  serverName: null,
  ca: "/ca",
  password: "/password",
};

/** Throws if the settings can't have it. */
function attempt(answer: Partial<FirstReceiverSettings>): void {
  const tried = { centre: "central", spool: "/spool", link: null, target: triedCore };
  firstReceiverSettings({ ...tried, path: triedPath, ...answer });
}

function parseCore(core: string): FirstTarget["core"] {
  if (core === "nagios" || core === "naemon" || core === "icinga2") return core;
  throw new FerryError("usage-wrong", `${printable(core)} is none of nagios, naemon, icinga2`);
}

async function askCore(core: OwnCore["core"], ask: Ask): Promise<OwnCore> {
  const usualFile = async (): Promise<string> => {
    const placeholder = { checkresults: { dir: "/", core, mode: 0 } } as const;
    const found = await findCoreFile({ targets: [placeholder] }, realProbes(), undefined);
    return (
      found?.file ?? (core === "nagios" ? "/etc/nagios4/nagios.cfg" : "/etc/naemon/naemon.cfg")
    );
  };
  const coreConfig = await ask("coreConfig", "Its main file?", usualFile, readCore);
  const objects = await ask(
    "objects",
    "A directory for siteferry's objects alone?",
    () => `${dirname(coreConfig)}/siteferry`,
    (answer) => attempt({ target: { ...triedCore, objects: answer } }),
  );
  return { core, coreConfig, ...(await readCore(coreConfig)), objects };
}

async function readCore(file: string): Promise<Pick<OwnCore, "results" | "objectCache">> {
  const main = await readFile(file, "utf8");
  const { value } = parseCoreConfiguration(main, { file, isGuess: false });
  const results = value("check_result_path");
  const objectCache = value("object_cache_file");
  if (results === undefined || objectCache === undefined) {
    const problem = `${file} doesn't say check_result_path and object_cache_file`;
    throw new FerryError("settings-invalid", problem);
  }
  attempt({ target: { ...triedCore, coreConfig: file, results, objectCache } });
  return { results, objectCache };
}

async function askIcinga2(ask: Ask): Promise<Icinga2> {
  const take = async (
    name: "icinga2Url" | "serverName" | "ca" | "password",
    question: string,
    usual: string,
  ): Promise<string> => {
    const key = name === "icinga2Url" ? "url" : name;
    return await ask(
      name,
      question,
      () => usual,
      (answer) => attempt({ target: { ...triedIcinga2, [key]: answer } }),
    );
  };
  const none = "none";
  const url = await take("icinga2Url", "Its API?", triedIcinga2.url);
  const serverName = await take(
    "serverName",
    "Its NodeName, where that isn't the host of the address?",
    none,
  );
  const ca = await take(
    "ca",
    "Its authority's certificate, a copy?",
    "/etc/siteferry/icinga2-ca.crt",
  );
  const password = await take(
    "password",
    "A file with the API user's password?",
    "/etc/siteferry/icinga2.password",
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
