// The real cores that other tests rely on: each starts, tells what it knows, and leaves nothing.

import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  icinga2Host,
  icinga2Object,
  icinga2Service,
  missingFor,
  processesOfSession,
  startIcinga2,
  startNagios,
  verifyWithNagios,
} from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";

const noIcinga2 = missingFor("icinga2");
const noNagios = missingFor("nagios");

describe.skipIf(noIcinga2 !== null)("a real Icinga 2", () => {
  const objects = [
    icinga2Object("HostGroup", "linux", { display_name: 'Linux "boxes"' }),
    icinga2Host("web 1/a", { groups: ["linux"], vars: { tier: "gold\\n" } }),
    icinga2Service("web 1/a", "Disk C:\\Data", { max_check_attempts: 3 }),
    icinga2Service("web 1/a", "never"),
  ].join("");
  const columns = "host_name description has_been_checked state state_type current_attempt";
  const texts = "plugin_output long_plugin_output perf_data";
  const separators = "Separators: 0 1 2 3";

  test("runs a check when asked, and hands on its bytes", async () => {
    await using core = await startIcinga2({ objects });
    const check = { host: "web 1/a", service: "Disk C:\\Data", state: 2, seconds: 0.2 };
    await core.run([{ ...check, output: "gröb 😀; C:\\new | a=1;2\nlong\n" }]);
    const answer = await core.query(
      `GET services\nColumns: ${columns} ${texts} execution_time\n${separators}`,
    );
    const rows = answer
      .toString()
      .split("\0")
      .map((row) => row.split("\u0001"));
    const checked = rows.find((row) => row[2] === "1")!;
    expect(checked.slice(0, 6)).toEqual(["web 1/a", "Disk C:\\Data", "1", "2", "0", "2"]);
    expect(checked.slice(6, 9)).toEqual(["gröb 😀; C:\\new ", "long", "a=1;2"]);
    expect(Number(checked[9])).toBeGreaterThan(0.2);
    expect(rows.filter((row) => row[2] === "0").map((row) => row[1])).toEqual(["never"]);
  });

  test("takes commands, and tells of one that it refuses", async () => {
    await using core = await startIcinga2({ objects });
    const passive = "PROCESS_SERVICE_CHECK_RESULT;web 1/a";
    await core.command(`${passive};never;1;first\\nsecond|a=1`);
    const answer = await core.query(
      `GET services\nColumns: ${texts}\nFilter: description = never\n${separators}`,
    );
    expect(answer.toString()).toBe("first\u0001second\u0001a=1\0");
    await expect(core.command(`${passive};no such;1;text`)).rejects.toThrow("non-existent");
  });

  test("several at once, none left behind", async () => {
    const cores = await Promise.all([1, 2, 3].map(() => startIcinga2({ objects })));
    expect(new Set(cores.map((core) => core.port)).size).toBe(3);
    await Promise.all(cores.map((core) => core.stop()));
    expect(cores.flatMap((core) => processesOfSession(core.pid))).toEqual([]);
    expect(cores.filter((core) => existsSync(core.directory))).toEqual([]);
  });

  test("a configuration it can't read is told with its own words", async () => {
    await expect(startIcinga2({ objects: "object Nonsense {" })).rejects.toThrow(/syntax error/);
  });
});

describe.skipIf(noNagios !== null)("a real Nagios 4", () => {
  test("shows what it made of a check result, before and after a reload", async () => {
    await using directory = await makeTemporaryDirectory();
    await writeFile(join(directory.path, "a.cfg"), hostWithServices("ping"));
    await using core = await startNagios({ objectDirectories: [directory.path] });
    expect((await core.status()).services.get("h;ping")).toMatchObject({ has_been_checked: "0" });
    await writeCheckResult(core.checkResultsDirectory, {
      output: "C:\\\\new;|a=1\\nlong \\\\n\\nmore",
      start: Math.floor(Date.now() / 1000) - 60,
    });
    const checked = await core.waitUntil("the result", ({ services }) =>
      [...services.values()].some((service) => service["has_been_checked"] === "1"),
    );
    const expected = {
      current_state: "2",
      plugin_output: "C:\\new:",
      long_plugin_output: "long \\n\nmore",
      performance_data: "a=1",
      check_execution_time: "1.500",
      check_latency: "0.250",
    };
    expect(checked.services.get("h;ping")).toMatchObject(expected);
    expect(await readdir(core.checkResultsDirectory)).toEqual([]);

    await writeFile(join(directory.path, "a.cfg"), hostWithServices("ping", "disk"));
    await core.reload();
    const reloaded = await core.status();
    expect([...reloaded.services.keys()].sort()).toEqual([
      "h;disk",
      "h;ping",
      "testkit-centre;itself",
    ]);
    expect(reloaded.services.get("h;ping")).toMatchObject(expected);
  });

  test("none of its processes is left behind, even when it died of its configuration", async () => {
    await using directory = await makeTemporaryDirectory();
    const file = join(directory.path, "a.cfg");
    await writeFile(file, hostWithServices("ping"));
    const core = await startNagios({ objectFiles: [file] });
    await writeFile(file, "define nonsense {\n}\n");
    await expect(core.reload()).rejects.toThrow(/nonsense/);
    await core.stop();
    expect(processesOfSession(core.pid)).toEqual([]);
    expect(existsSync(core.directory)).toBe(false);
  });

  test("its own check accepts and refuses configuration", async () => {
    await using directory = await makeTemporaryDirectory();
    const file = join(directory.path, "a.cfg");
    await writeFile(file, hostWithServices("ping"));
    expect(await verifyWithNagios({ objectFiles: [file] })).toMatchObject({ accepted: true });
    await writeFile(file, hostWithServices("a|b"));
    const refused = await verifyWithNagios({ objectFiles: [file] });
    expect(refused.accepted).toBe(false);
    expect(refused.output).toContain("illegal characters");
  });
});

function hostWithServices(...descriptions: readonly string[]): string {
  const checks =
    "  check_command testkit-true\n  max_check_attempts 3\n  active_checks_enabled 0\n";
  const common = `${checks}  check_period testkit-always\n  contacts testkit-nobody\n`;
  const services = descriptions.map(
    (name) => `define service {\n  host_name h\n  service_description ${name}\n${common}}\n`,
  );
  return `define host {\n  host_name h\n${common}}\n${services.join("")}`;
}

async function writeCheckResult(
  directory: string,
  { output, start }: { output: string; start: number },
): Promise<void> {
  const record = `host_name=h
service_description=ping
check_type=1
check_options=0
scheduled_check=0
reschedule_check=0
latency=0.25
start_time=${start}.250000
finish_time=${start + 1}.750000
early_timeout=0
exited_ok=1
return_code=2
output=${output}
`;
  await writeFile(join(directory, "cAbC123"), `${record}\n`);
  await writeFile(join(directory, "cAbC123.ok"), "");
}
