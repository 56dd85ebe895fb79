// Where object configuration goes: a directory that the core reads, and a way to load it.

import { type Check, fail, type Finding, ok, skipped, warning } from "@siteferry/agent";
import { candidateConfiguration } from "@siteferry/apply";
import { limits } from "@siteferry/model";
import type { ObjectsSettings } from "../objects-settings.ts";
import { mayAs } from "./access.ts";
import type { CoreConfiguration } from "./core-configuration.ts";
import type { ReceiverSubject } from "./subject.ts";

export const objects: Check<ReceiverSubject> = {
  name: "objects",
  async run(subject) {
    const found: Finding[] = [];
    for (const target of subject.settings.targets) {
      if ("objects" in target) found.push(...(await lookAt(subject, target.objects)));
    }
    return found.length > 0 ? found : [skipped("no target objects")];
  },
};

async function lookAt(
  subject: ReceiverSubject,
  { dir, mode, group, activate }: ObjectsSettings,
): Promise<readonly Finding[]> {
  const { look, may, user, userName, account } = subject.probes;
  const entry = await look(dir);
  if (entry?.kind !== "directory") {
    const todo = `As root: install -d -o ${user.name} -m 755 ${dir}`;
    return [fail(`${dir} ${entry === null ? "isn't there" : "is no directory"}`, todo)];
  }
  const found: Finding[] = [];
  if (!(await may(dir, "write"))) {
    const owner = await userName(entry.user);
    const what = `${user.name} may not write in ${dir}, which belongs to ${owner}`;
    found.push(fail(what, `As root: chown ${user.name} ${dir}`));
  }
  const core = await subject.core();
  const name = core?.value("nagios_user") ?? core?.value("naemon_user");
  const coreUser = name === undefined ? null : await account(name);
  if (coreUser !== null && coreUser.id !== user.id) {
    const isOpen = mayAs(coreUser, entry, "read", "enter");
    const isReadable = (mode & 0o004) !== 0 || ((mode & 0o040) !== 0 && group !== undefined);
    if (!isOpen || !isReadable) {
      const what = `the core's user ${name} may not read in ${dir}, or files of mode ${mode.toString(8)}`;
      found.push(fail(what, `As root: chmod o+rx ${dir}; mode: "0644"`));
    }
  }
  if (core !== null) found.push(...(await directoryFault(subject, dir, core)));
  if (activate === undefined) {
    const what = `${dir}: without activate objects are live, unchecked, at the core's next start`;
    found.push(warning(what, "Name the core's main file: activate: { config: FILE }"));
  } else if (activate.reload === undefined && core !== null) {
    found.push(...(await commandFault(subject, core)));
  }
  return found.length > 0 ? found : [ok(`${dir}: the core reads it, and can be made to load it`)];
}

async function directoryFault(
  { world }: ReceiverSubject,
  dir: string,
  { file, isGuess }: CoreConfiguration,
): Promise<Finding[]> {
  const bytes = await world.files.read(file, limits.stateBytesMax, { trusted: true });
  const text = new TextDecoder().decode(bytes);
  try {
    candidateConfiguration(text, { mainFile: file, directory: dir, at: "/nowhere" });
    return [];
  } catch {
    const what = `${file} has no cfg_dir that ${dir} lies in: nothing of it is ever loaded`;
    return [(isGuess ? warning : fail)(what, `Add the line cfg_dir=${dir}`)];
  }
}

/** RESTART_PROGRAM goes into the command file, if nobody names another way. */
async function commandFault(
  { probes: { look }, hasReader }: ReceiverSubject,
  { file, value }: CoreConfiguration,
): Promise<Finding[]> {
  const todo = "Correct it, or name a command that makes the core load its objects: reload.";
  if (value("check_external_commands") === "0") {
    return [fail(`${file} has check_external_commands=0: the core can't be told to reload`, todo)];
  }
  const path = value("command_file");
  if (path === undefined) return [fail(`${file} names no command_file`, todo)];
  const entry = await look(path);
  if (entry?.kind !== "fifo") {
    const what = `${path}, the core's command_file, ${entry === null ? "isn't there" : "is no FIFO"}`;
    return [fail(what, `Does the core run? ${todo}`)];
  }
  if (await hasReader(path)) return [];
  return [fail(`nobody reads ${path}, the core's command_file`, `Does the core run? ${todo}`)];
}
