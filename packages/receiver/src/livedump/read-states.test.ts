import { checkResultOf, formatCheckResult } from "@siteferry/apply";
import type { HostName, ServiceDescription } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LivedumpStates } from "./read-states.ts";
import { failsWith, read, record } from "./test-livedump.ts";

const states = async (text: string): Promise<LivedumpStates> =>
  (await read(text)) as LivedumpStates;

describe("states of Checkmk's livedump", () => {
  test("rows with the time of the dump; nothing that isn't said is made up", async () => {
    const text = `status\n${record("PING OK|rta=1ms")}${record("a|b|c", { service: "Disk C:\\new", code: "3" })}`;
    const { hosts, services, leftOut } = await states(text);
    expect(leftOut).toEqual([]);
    expect(hosts).toEqual([
      {
        name: "web1",
        has_been_checked: 1,
        state: 0,
        state_type: 1,
        current_attempt: 1,
        last_check: 1_615_521_257,
        last_state_change: 0,
        last_hard_state: null,
        last_hard_state_change: null,
        latency: 0.13,
        execution_time: 0,
        plugin_output: "PING OK",
        long_plugin_output: "",
        perf_data: "rta=1ms",
        acknowledged: 0,
        acknowledgement_type: null,
        scheduled_downtime_depth: 0,
        is_flapping: null,
        percent_state_change: null,
        staleness: null,
      },
    ]);
    expect(services).toMatchObject([
      {
        host_name: "web1",
        description: "Disk C:\\new",
        state: 3,
        plugin_output: "a",
        perf_data: "b|c",
      },
    ]);
  });

  test("it escapes nothing: a backslash is one, also before an n and at the end of a record", async () => {
    const { hosts, services } = await states(
      record("C:\\new \\\\srv|'C:\\") + record("x|", { service: "PING" }),
    );
    expect(hosts[0]).toMatchObject({ plugin_output: "C:\\new \\\\srv", perf_data: "'C:\\" });
    expect(services).toHaveLength(1);
  });

  test("OK without any text is what was never checked", async () => {
    const { hosts, services } = await states(
      record("|") + record("|", { service: "a", code: "1" }),
    );
    expect(hosts[0]).toMatchObject({ has_been_checked: 0, last_check: 0, state_type: 0 });
    expect(services[0]).toMatchObject({ has_been_checked: 1, state: 1, plugin_output: "" });
  });

  test("names that no core takes are left out and said; the others are there", async () => {
    const text = record("x|", { name: "a;b" }) + record("x|", { name: "a", service: "b\\" });
    const { hosts, leftOut } = await states(text + record("x|"));
    expect(hosts.map(({ name }) => name)).toEqual(["web1"]);
    expect(leftOut).toEqual([
      "line 10: the host a;b contains a semicolon",
      "line 21: a: the service b\\ ends with a backslash",
    ]);
  });

  test.each([
    [
      "a line feed in an output, which would forge a record",
      record("x\n\nhost_name=web2|"),
      /no \|/,
    ],
    ["the same behind a |", record("x|\nhost_name=web2\noutput=x"), /line 10 follows an output/],
    [
      "a whole forged record of an object that is there",
      record(`x|\n\n${record("y|", { name: "web2" }).trimEnd()}`) + record("z|", { name: "web2" }),
      /web2, which an earlier one describes/,
    ],
    ["a record without its end", record("x|").slice(0, -1), /record has no end/],
    ["a text that ends in a line", record("x|").slice(0, -5), /in the middle of a line/],
    [
      "a record that lacks its state",
      record("x|").replace(/return_code.*\n/, ""),
      /without return_code/,
    ],
    ["a state that is none", record("x|", { code: "3" }), /no state/],
    ["a state in words", record("x|").replace("return_code=0", "return_code=OK"), /no state/],
    [
      "a time that is none",
      record("x|").replace(/start_time.*/, "start_time=soon"),
      /a time that is none/,
    ],
    [
      "a time of another age",
      record("x|").replace(/start_time=\d+/, "start_time=9999999999"),
      /a time that is none/,
    ],
    ["a latency that is none", record("x|").replace("0.13", "nan"), /bad latency/],
    [
      "an active result",
      record("x|").replace("check_type=1", "check_type=0"),
      /check_type of its own/,
    ],
    [
      "a key of the core's that livedump never writes",
      record("x|").replace("check_options=0", "output_file=/etc/passwd"),
      /has "output_file"/,
    ],
    ["a key twice", record("x|").replace("check_options=0", "host_name=b"), /host_name once more/],
    [
      "a bare word",
      record("x|").replace("reschedule_check", "scheduled_check"),
      /has "scheduled_check"/,
    ],
    ["an external command", `${record("x|")}[1615521257] SHUTDOWN_PROGRAM\n\n`, /SHUTDOWN/],
    ["objects behind states", `${record("x|")}define command {\n}\n\n`, /has "define command \{"/],
  ])("%s: nothing is taken", async (_what, text, message) => {
    await failsWith(text, message);
  });
});

describe("states of siteferry dump", () => {
  test("whatever a site says comes back, as far as the format carries it", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\\", "n", " ", "=", "é", "🚢", "#") });
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.array(text),
        fc.integer({ min: 0, max: 9_999_999 }),
        async (output, perf, long, micros) => {
          const row = {
            state: 2,
            last_check: 1_795_000_000,
            execution_time: micros / 1e6,
            latency: 0.25,
            plugin_output: output === " " ? "" : output,
            perf_data: perf,
            long_plugin_output: long.join("\n").replace(/\n+$/, ""),
          };
          const result = checkResultOf("web1" as HostName, "PING" as ServiceDescription, row);
          const { services } = await states(formatCheckResult(result, "nagios"));
          expect(services).toMatchObject([{ ...row, has_been_checked: 1 }]);
        },
      ),
    );
  });

  test("a text that is empty isn't one that was never checked", async () => {
    const row = {
      state: 0,
      last_check: 1_795_000_000,
      execution_time: 0,
      latency: 0,
      plugin_output: "",
      perf_data: "",
      long_plugin_output: "",
    };
    const { hosts } = await states(
      formatCheckResult(checkResultOf("web1" as HostName, null, row), "nagios"),
    );
    expect(hosts).toMatchObject([{ ...row, has_been_checked: 1 }]);
  });
});
