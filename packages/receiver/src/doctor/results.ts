// Where the core reads results: the directory that its main file names, which both sides may write in.

import { type Check, fail, type Finding, ok, skipped, warning } from "@siteferry/agent";
import type { CheckResultsSettings } from "../settings.ts";
import { mayAs } from "./access.ts";
import type { CoreConfiguration } from "./core-configuration.ts";
import type { ReceiverSubject } from "./subject.ts";

export const results: Check<ReceiverSubject> = {
  name: "results",
  async run(subject) {
    const found: Finding[] = [];
    for (const target of subject.settings.targets) {
      if ("checkresults" in target) found.push(...(await lookAt(subject, target.checkresults)));
    }
    return found.length > 0 ? found : [skipped("no target checkresults")];
  },
};

async function lookAt(
  subject: ReceiverSubject,
  target: CheckResultsSettings,
): Promise<readonly Finding[]> {
  const { dir, objectCache } = target;
  const { look, may, user, userName } = subject.probes;
  const entry = await look(dir);
  if (entry?.kind !== "directory") {
    const todo = "dir is the core's check_result_path: look into its main file.";
    return [fail(`${dir} ${entry === null ? "isn't there" : "is no directory"}`, todo)];
  }
  const owner = await userName(entry.user);
  const rights = await Promise.all(
    (["read", "write", "enter"] as const).map((one) => may(dir, one)),
  );
  if (rights.includes(false)) {
    const todo = `Run the receiver as ${owner}, or add ${user.name} to the directory's group and chmod g+rwxs ${dir}`;
    return [fail(`${user.name} may not read and write in ${dir}, which belongs to ${owner}`, todo)];
  }
  const core = await subject.core();
  const found = [
    ...pathFault(dir, core),
    ...(await coreFaults(subject, target, entry, core)),
    ...(objectCache === undefined ? [] : await cacheFault(subject, objectCache, core)),
  ];
  return found.length > 0 ? found : [ok(`${dir}: ${user.name} writes there, the core reads`)];
}

function pathFault(dir: string, core: CoreConfiguration | null): Finding[] {
  if (core === null) {
    const todo = "Name it: siteferry doctor receiver --core-config FILE";
    return [warning(`the core's main file wasn't found, to compare ${dir} with`, todo)];
  }
  const path = core.value("check_result_path")?.replace(/\/+$/, "");
  if (path === dir) return [];
  const what = `${core.file} has check_result_path=${path ?? "(none)"}, and dir is ${dir}`;
  const todo = "They have to be the same, or no result is ever read.";
  if (core.isGuess) return [warning(what, `${todo} Another core's file? --core-config FILE`)];
  return [fail(what, todo)];
}

/** Whether the core's user, if it is another one, may read our files and take them away. */
async function coreFaults(
  { probes }: ReceiverSubject,
  { dir, mode, group }: CheckResultsSettings,
  entry: { readonly user: number; readonly group: number; readonly mode: number },
  core: CoreConfiguration | null,
): Promise<Finding[]> {
  const name = core?.value("nagios_user") ?? core?.value("naemon_user");
  if (name === undefined) return [];
  const account = await probes.account(name);
  if (account === null) {
    return [warning(`the core's user ${name} isn't known here`, "Is it the right main file?")];
  }
  if (account.id === probes.user.id) return [];
  const found: Finding[] = [];
  if (!mayAs(account, entry, "read", "write", "enter")) {
    found.push(
      fail(
        `the core's user ${name} may not read and write in ${dir}`,
        `As root: chown ${name} ${dir}; the receiver's user by its group`,
      ),
    );
  }
  const isOurs = group === undefined && account.groups.includes(entry.group);
  const isNamed = group !== undefined;
  const isReadable = (mode & 0o004) !== 0 || ((mode & 0o040) !== 0 && (isOurs || isNamed));
  if (!isReadable) {
    const todo = 'mode: "0644", or group: a group that the core is in.';
    found.push(fail(`files of mode ${mode.toString(8)} the core's user ${name} can't read`, todo));
  }
  return found;
}

async function cacheFault(
  { probes: { may, user } }: ReceiverSubject,
  path: string,
  core: CoreConfiguration | null,
): Promise<Finding[]> {
  const own = core?.value("object_cache_file");
  if (core !== null && !core.isGuess && own !== undefined && own !== path) {
    const todo = "They have to be the same, or results wait for objects for ever.";
    return [fail(`${core.file} has object_cache_file=${own}, and objectCache is ${path}`, todo)];
  }
  if (await may(path, "read")) return [];
  const todo =
    "It is there when the core has started, and that user may read it; till then all results wait.";
  return [fail(`${user.name} can't read ${path}, the core's object cache`, todo)];
}
