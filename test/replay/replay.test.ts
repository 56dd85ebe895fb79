// What a real Nagios makes of missed changes and of mirrored attempts, by its own files.

import { readFile, writeFile } from "node:fs/promises";
import {
  type AttemptsMax,
  checkResultsTarget,
  decodeApplied,
  encodeApplied,
  nothingApplied,
  type ResultCounts,
} from "@siteferry/apply";
import type { SiteId, States } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor, type Nagios, startNagios } from "@siteferry/testkit/cores";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckedService, hostName, secondsPerState } from "./site.ts";

const unavailable = missingFor("nagios");

function objects(services: readonly string[], attemptsMax: number): string {
  const common = `  check_command testkit-true
  check_period testkit-always
  contacts testkit-nobody
  active_checks_enabled 0
}
`;
  const host = `define host {\n  host_name ${hostName}\n  max_check_attempts 1\n${common}`;
  const own = services.map((service) => {
    const name = `  host_name ${hostName}\n  service_description ${service}\n`;
    return `define service {\n${name}  max_check_attempts ${attemptsMax}\n${common}`;
  });
  return host + own.join("");
}

/** Hands a site's states to the core and returns when it has read them. */
function handingTo(
  nagios: Nagios,
  attemptsMax?: () => Promise<AttemptsMax>,
): (states: States) => Promise<ResultCounts> {
  let record = encodeApplied(nothingApplied);
  const quiet = (): void => {};
  const target = checkResultsTarget(
    {
      files: nodeFiles,
      clock: { now: () => Date.now() },
      random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      store: {
        load: async () => decodeApplied(record),
        save: async (_site, saved) => {
          record = encodeApplied(saved);
        },
      },
    },
    { directory: nagios.checkResultsDirectory, core: "nagios", mode: 0o644, groupId: null },
  );
  return async (states) => {
    const site = "remote1" as SiteId;
    const hostNameAtCentre: (name: typeof hostName) => typeof hostName = (name) => name;
    const all = { site, states, hostName: hostNameAtCentre, isLive: () => true, attemptsMax };
    const counts = await target.apply(all);
    await nagios.waitUntil("the results", ({ services }) =>
      states.services.every(({ description, last_check }) => {
        return services.get(`${hostName};${description}`)?.["last_check"] === String(last_check);
      }),
    );
    return counts;
  };
}

describe.skipIf(unavailable !== null)("a real Nagios", () => {
  test("was in each state as long as the site was, over a day with 200 short flaps", async () => {
    await using directory = await makeTemporaryDirectory("replay");
    const objectFile = `${directory.path}/objects.cfg`;
    const witness = `${directory.path}/service-perfdata`;
    await writeFile(objectFile, objects(["flapper"], 1));
    await using nagios = await startNagios({
      objectFiles: [objectFile],
      settings: {
        process_performance_data: 1,
        service_perfdata_file: witness,
        service_perfdata_file_mode: "a",
        service_perfdata_file_template: "$SERVICEDESC$ $LASTSERVICECHECK$ $SERVICESTATEID$",
        service_perfdata_file_processing_interval: 0,
      },
    });
    const hand = handingTo(nagios);
    const end = Math.floor(Date.now() / 1000);
    const begin = end - 86_400;
    const service = new CheckedService("flapper", 1);
    service.check(begin, 0);
    await hand({ hosts: [], services: [service.row()] });
    for (let minute = 1; minute <= 1440; minute++) {
      const now = begin + minute * 60;
      if (minute % 7 === 0 && minute < 1401) {
        service.check(now - 50, (minute % 3) + 1);
        service.check(now - 50 + (minute % 40) + 1, 0);
      }
      service.check(now, 0);
      if (minute % 180 > 0) continue;
      const counts = await hand({ hosts: [], services: [service.row()], events: service.alerts });
      expect(counts.files).toBe(1);
    }
    const lines = (await readFile(witness, "utf8")).trimEnd().split("\n");
    const atCentre = lines
      .map((line) => /^flapper (\d+) (\d)$/.exec(line))
      .filter((line) => line !== null)
      .map(([, time, state]) => ({ time: Number(time), state: Number(state) }));
    expect(service.alerts).toHaveLength(401);
    const expected = secondsPerState(service.checks, end);
    expect(secondsPerState(atCentre, end)).toEqual(expected);
    expect(expected.every((seconds) => seconds > 600)).toBe(true);
  });

  test("comes to the site's attempts, soft or hard, whatever was lost between two dumps", async () => {
    await using directory = await makeTemporaryDirectory("replay");
    const objectFile = `${directory.path}/objects.cfg`;
    const names = Array.from({ length: 60 }, (_, index) => `service-${index}`);
    const attemptsMax = 4;
    await writeFile(objectFile, objects(names, attemptsMax));
    await using nagios = await startNagios({ objectFiles: [objectFile] });
    const hand = handingTo(nagios, async () => () => attemptsMax);
    const services = names.map((name) => new CheckedService(name, attemptsMax));
    const between = fc.array(
      fc.record({
        state: fc.constantFrom(0, 0, 1, 2, 2, 2, 3),
        isLogged: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const passes = 12;
    const all = fc.array(between, { minLength: names.length, maxLength: names.length });
    const courses = fc.sample(all, { numRuns: passes, seed: 7 });
    let time = Math.floor(Date.now() / 1000) - passes * 400;
    for (const course of courses) {
      const events = course.flatMap((checks, index) => {
        const service = services[index]!;
        return checks.flatMap(({ state, isLogged }, step) => {
          const logged = service.alerts.length;
          service.check(time + step * 60, state);
          return isLogged ? service.alerts.slice(logged) : [];
        });
      });
      time += 400;
      const sorted = events.toSorted((a, b) => a.time - b.time);
      await hand({ hosts: [], services: services.map((service) => service.row()), events: sorted });
      const status = await nagios.status();
      for (const service of services) {
        const shown = status.services.get(`${hostName};${service.description}`)!;
        const { state, isHard, attempt } = service;
        const attemptAtCentre = isHard && state > 0 ? attemptsMax : attempt;
        expect(
          [shown["current_state"], shown["state_type"], shown["current_attempt"]],
          JSON.stringify(service.checks.slice(-12)),
        ).toEqual([state, isHard ? 1 : 0, attemptAtCentre].map(String));
      }
    }
  });
});
