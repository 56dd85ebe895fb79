// A core that is told of acknowledgements, downtimes and comments: the way in, and the way back.

import {
  type Check,
  fail,
  failureFound,
  type Finding,
  ok,
  skipped,
  warning,
} from "@siteferry/agent";
import type { CommandsSettings } from "../commands-settings.ts";
import type { ReceiverSubject } from "./subject.ts";

export const commandsTarget: Check<ReceiverSubject> = {
  name: "commands",
  async run(subject) {
    const found: Finding[] = [];
    for (const target of subject.settings.targets) {
      if ("cmc" in target) found.push(await askLivestatus(subject, target.cmc.live, undefined));
      if ("commands" in target) found.push(...(await lookAt(subject, target.commands)));
    }
    return found.length > 0 ? found : [skipped("no target commands or cmc")];
  },
};

async function lookAt(
  subject: ReceiverSubject,
  { livestatus, tls, file, status }: CommandsSettings,
): Promise<readonly Finding[]> {
  if (livestatus !== undefined) return [await askLivestatus(subject, livestatus, tls)];
  if (file === undefined || status === undefined) return [];
  return [await lookAtFifo(subject, file), await lookAtStatus(subject, status)];
}

async function askLivestatus(
  { connect }: ReceiverSubject,
  address: string,
  tls: object | undefined,
): Promise<Finding> {
  try {
    const client = await connect(address, tls);
    try {
      let rows = 0;
      const query = { table: "status", columns: ["program_start"] };
      for await (const batch of client.rows(query)) rows += batch.length;
      return rows > 0
        ? ok(`${address} answers`)
        : fail(`${address} answers without a row of its status`, "Is it a core's Livestatus?");
    } finally {
      await client.close();
    }
  } catch (error) {
    return failureFound(error, address);
  }
}

async function lookAtFifo({ probes, hasReader }: ReceiverSubject, file: string): Promise<Finding> {
  const { look, may, user } = probes;
  const entry = await look(file);
  const todo =
    "file is the core's command_file; it is there while the core runs, with check_external_commands=1.";
  if (entry?.kind !== "fifo") {
    return fail(`${file} ${entry === null ? "isn't there" : "is no FIFO"}`, todo);
  }
  if (!(await may(file, "write"))) {
    const group = "Add it to the FIFO's group, mostly nagios or www-data: usermod -aG";
    return fail(`${user.name} may not write into ${file}`, group);
  }
  if (await hasReader(file)) return ok(`${file} is read by a core`);
  return fail(`nobody reads ${file}`, todo);
}

const staleMs = 5 * 60_000;

async function lookAtStatus({ probes, world }: ReceiverSubject, path: string): Promise<Finding> {
  const entry = await probes.look(path);
  const todo = "status is the core's status_file; the core writes it each few seconds.";
  if (entry?.kind !== "file" || !(await probes.may(path, "read"))) {
    return fail(`${path} isn't there, or ${probes.user.name} may not read it`, todo);
  }
  const seconds = Math.round((world.clock.now() - entry.modifiedMs) / 1000);
  if (seconds * 1000 > staleMs) return warning(`${path} is ${seconds} s old`, todo);
  return ok(`${path} can be read, and is ${Math.max(0, seconds)} s old`);
}
