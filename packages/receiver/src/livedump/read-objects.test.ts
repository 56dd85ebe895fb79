import { formatLivedumpHost, formatLivedumpTemplates } from "@siteferry/apply";
import type { HostName } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import type { LivedumpObjects } from "./read-objects.ts";
import { failsWith, host, read, service } from "./test-livedump.ts";

const objects = async (text: string): Promise<LivedumpObjects> =>
  (await read(text)) as LivedumpObjects;

describe("objects", () => {
  test("rows with what livedump says, and null for the rest", async () => {
    const { hosts, services } = await objects(`config prod\n${host()}${service("Disk C:\\Data")}`);
    expect(hosts).toEqual([
      {
        name: "web1",
        alias: "Web",
        address: "10.0.0.1",
        parents: [],
        display_name: "web1",
        check_command: "check-mk-host-ping!-w 200;500",
        max_check_attempts: 3,
        check_interval: null,
        retry_interval: null,
        active_checks_enabled: null,
        groups: ["linux", "web"],
        contacts: [],
        contact_groups: [],
        icon_image: null,
        notes: null,
        notes_url: null,
        action_url: null,
        custom_variables: [],
      },
    ]);
    expect(services).toMatchObject([
      { host_name: "web1", description: "Disk C:\\Data", groups: [], contacts: ["hh", "jörg"] },
    ]);
  });

  test("the templates of both livedumps are known and dropped", async () => {
    const old = `
define host {
    name                    livedump-host
    use                     check_mk_default
    register                0
    active_checks_enabled   0
    passive_checks_enabled  1

}

define command {
    command_name            check-livedump
    command_line            echo "WARN - You did an active check, but this check is passive" ; exit 1
}
`;
    for (const templates of [old, formatLivedumpTemplates(5), formatLivedumpTemplates(null)]) {
      const { hosts, services } = await objects(templates + host());
      expect([hosts.length, services.length]).toEqual([1, 0]);
    }
    await failsWith(old, /no host and no service/);
  });

  test("a } inside of a value is a character", async () => {
    const { hosts } = await objects(host("web1", "} define command {"));
    expect(hosts[0]?.alias).toBe("} define command {");
  });

  test("what siteferry writes comes back", async () => {
    const row = {
      name: "web1" as HostName,
      alias: "Web",
      address: "10.0.0.1",
      groups: ["a", "b c"],
      check_command: "x!y",
      max_check_attempts: 5,
      contacts: ["hh"],
      contact_groups: [],
      icon_image: "linux.png",
    };
    const options = {
      prefix: "",
      includeGroups: false,
      includeHostIcon: true,
      onRefused: () => {},
    };
    const { hosts } = await objects(formatLivedumpHost(row, options));
    expect(hosts).toMatchObject([row]);
  });

  const command = (line: string): string =>
    `define command {\n  command_name check-livedump\n  command_line ${line}\n}\n\n`;
  test.each([
    [
      "a command",
      `${host()}define command {\n  command_name evil\n  command_line rm -rf /\n}\n`,
      /line 15 ends a command.*"command_name evil"/,
    ],
    [
      "livedump's command with another line",
      host() + command("/bin/sh -c id"),
      /"command_line \/bin\/sh -c id"/,
    ],
    [
      "livedump's command with more behind it",
      host() +
        command('echo "WARN - You did an active check, but this check is passive" ; exit 1; id'),
      /isn't livedump's own/,
    ],
    ["a contact", `${host()}define contact {\n}\n`, /define contact/],
    [
      "a host that closes itself in its alias",
      host("web1", "x\n}\ndefine command {\n  command_name evil"),
      /without address/,
    ],
    ["a directive of a line feed", host("web1", "x\n  event_handler reboot"), /event_handler/],
    ["a directive twice", host("web1", "x\n  host_name other"), /host_name once more/],
    [
      "a template of the site's",
      host().replace("livedump-host", "generic-host"),
      /doesn't use livedump-host/,
    ],
    [
      "an object that is a template",
      host().replace("  use ", "  name livedump-host\n  use "),
      /isn't livedump's own/,
    ],
    [
      "an object of several templates",
      host().replace("livedump-host", "livedump-host,evil"),
      /doesn't use/,
    ],
    ["a file to include", `cfg_file=/etc/passwd\n${host()}`, /status or config/],
    ["a comment", `# x\n${host()}`, /status or config/],
    ["a brace on the same line", host().replace("\n}", " }"), /object has no end/],
    [
      "a name like one of JavaScript's",
      host().replace("  address ", "  __proto__ "),
      /without address|__proto__/,
    ],
    ["an object without its end", host().slice(0, -3), /object has no end|middle of a line/],
    ["attempts that are no number", host().replace("attempts 3", "attempts 3x"), /no number/],
    ["a host twice", host() + host(), /web1, which an earlier one/],
    ["a service twice", service() + service(), /web1\/PING, which an earlier one/],
  ])("%s: nothing is taken", async (_what, text, message) => {
    await failsWith(text, message);
  });
});
