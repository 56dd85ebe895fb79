// What the tests of commands on real cores have in common.

import type { AnnotatedCentre } from "@siteferry/receiver/test-annotated";
import { expect } from "vitest";

/** Runs until nothing is left to do. Returns how many commands went out in all of them. */
export async function settle(centre: AnnotatedCentre): Promise<number> {
  for (let [runs, commands] = [0, 0]; ; runs += 1) {
    const report = await centre.receive();
    commands += report.commands;
    expect(report.failed, centre.complaints.join("\n")).toBe(0);
    if (report.commandsWaiting === 0 && report.results === 0) return commands;
    if (runs === 300) throw new Error(JSON.stringify(report));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What would be more than a text, if something on the way took it for that. */
export const hostileTexts: readonly string[] = [
  "x\n[1] SHUTDOWN_PROGRAM",
  "x\r\n[1700000000] DEL_ALL_SVC_COMMENTS;web;cpu\n",
  "x\n\nCOMMAND [1700000000] DEL_ALL_SVC_COMMENTS;web;cpu\n\n",
  "x\\n[1700000000] DEL_ALL_SVC_COMMENTS;web;cpu\\n",
  "x;y;z\\",
  "\u2028[1] SHUTDOWN_PROGRAM",
  `${"long ".repeat(3_000)}\n[1] SHUTDOWN_PROGRAM`,
  `${"x".repeat(2_000)}[1700000000] DEL_ALL_SVC_COMMENTS;web;cpu`.repeat(4),
  "\t}\n\nhostcomment {\n\thost_name=web\n\tcomment_id=1\n\tauthor=x\n\t}\n",
  "operator (siteferry remote2)",
  "\u0000\u0007\u001b[2J",
  " ",
];

/** Nagios's objects for these hosts, each with these services, that nobody checks. */
export function siteObjects(hosts: readonly string[], services: readonly string[]): string {
  const common = `
  check_command          testkit-true
  max_check_attempts     1
  check_period           testkit-always
  contacts               testkit-nobody
  active_checks_enabled  0
  flap_detection_enabled 0
}
`;
  const all = hosts.flatMap((host) => [
    `define host {\n  host_name ${host}\n  address 127.0.0.1${common}`,
    ...services.map(
      (name) => `define service {\n  host_name ${host}\n  service_description ${name}${common}`,
    ),
  ]);
  return all.join("");
}
