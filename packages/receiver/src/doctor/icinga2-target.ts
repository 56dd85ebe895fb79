// An Icinga 2 at the centre: its API answers, as who it should be, and lets this user do what is needed.
// Questions only.

import { type Check, fail, failureFound, type Finding, ok, skipped } from "@siteferry/agent";
import { icinga2Api } from "@siteferry/apply";
import { printable } from "@siteferry/model";
import type { Icinga2Settings } from "../icinga2-settings.ts";
import type { ReceiverSubject } from "./subject.ts";

export const icinga2Target: Check<ReceiverSubject> = {
  name: "icinga2",
  async run(subject) {
    const targets = subject.settings.targets.filter((target) => "icinga2" in target);
    if (targets.length === 0) return [skipped("no target icinga2")];
    const found = targets.map(async ({ icinga2 }) => await lookAt(subject, icinga2));
    return (await Promise.all(found)).flat();
  },
};

/** What docs/icinga2.md gives the API user. */
const needed = [
  "status/query",
  "config/query",
  "config/modify",
  "objects/query/Host",
  "objects/query/Service",
  "objects/query/HostGroup",
  "objects/query/ServiceGroup",
  "actions/process-check-result",
];

async function lookAt(
  subject: ReceiverSubject,
  settings: Icinga2Settings,
): Promise<readonly Finding[]> {
  try {
    const connection = await subject.icinga2(settings);
    try {
      await icinga2Api(connection).programStart();
      const { text } = await connection.ask({ method: "GET", path: "/v1" });
      return [permissionsIn(connection.where, settings.user, text)];
    } finally {
      await connection.close();
    }
  } catch (error) {
    return [failureFound(error, settings.url)];
  }
}

function permissionsIn(where: string, user: string, text: string): Finding {
  const granted = grantedIn(text);
  if (granted === null) {
    return skipped(`${where} answers; it doesn't say what ${user} may: ${printable(text, 80)}`);
  }
  const missing = needed.filter((one) => !granted.some((pattern) => covers(pattern, one)));
  if (missing.length === 0) return ok(`${where} answers, and ${user} may do what is needed`);
  return fail(
    `${where} doesn't let ${user} do: ${missing.join(", ")}`,
    "Add them to permissions of the ApiUser and reload Icinga 2: docs/icinga2.md",
  );
}

/** Null: the answer isn't of the known form. */
function grantedIn(text: string): readonly string[] | null {
  try {
    const { results } = JSON.parse(text) as { results?: readonly { permissions?: unknown }[] };
    const permissions = results?.[0]?.permissions;
    if (!Array.isArray(permissions)) return null;
    return permissions.filter((one) => typeof one === "string");
  } catch {
    return null;
  }
}

/** Icinga 2 compares with `*` for any text, without regard to case. */
function covers(pattern: string, permission: string): boolean {
  const [head = "", ...tails] = pattern.toLowerCase().split("*");
  const text = permission.toLowerCase();
  if (tails.length === 0) return head === text;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const [index, part] of tails.entries()) {
    const found = index === tails.length - 1 ? text.lastIndexOf(part) : text.indexOf(part, at);
    if (found < at || (index === tails.length - 1 && found + part.length !== text.length))
      return false;
    at = found + part.length;
  }
  return true;
}
