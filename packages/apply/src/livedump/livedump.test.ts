import type { HostName, ServiceDescription } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import type { ObjectRefusal } from "../objects/encode.ts";
import {
  formatLivedumpHost,
  formatLivedumpService,
  type LivedumpHostColumns,
  type LivedumpOptions,
  type LivedumpServiceColumns,
} from "./config.ts";
import { formatLivedumpMark, formatLivedumpTemplates } from "./templates.ts";

const refused: ObjectRefusal[] = [];
const options: LivedumpOptions = {
  prefix: "",
  includeGroups: false,
  includeHostIcon: false,
  onRefused: (refusal) => refused.push(refusal),
};
const host: LivedumpHostColumns = {
  name: "web1" as HostName,
  alias: "Web",
  address: "10.0.0.1",
  groups: ["linux", "web"],
  check_command: "check-mk-host-ping!-w 200",
  max_check_attempts: 3,
  contacts: ["hh"],
  contact_groups: ["all"],
  icon_image: "linux.png",
};
const service: LivedumpServiceColumns = {
  host_name: "web1" as HostName,
  description: "Disk C:\\Data" as ServiceDescription,
  groups: [],
  max_check_attempts: 1,
  contacts: [],
  contact_groups: ["all"],
};

describe("livedump -C", () => {
  test("a host, with prefix, contact groups and icon", () => {
    const all = { ...options, prefix: "r1-", includeGroups: true, includeHostIcon: true };
    expect(formatLivedumpHost(host, all)).toBe(`define host {
  use                livedump-host
  host_name          r1-web1
  alias              Web
  address            10.0.0.1
  host_groups        linux,web
  check_command      check-mk-host-ping!-w 200
  max_check_attempts 3
  contact_groups     all
  icon_image         linux.png
}

`);
  });

  test("a service; an empty list leaves no directive without a value", () => {
    expect(formatLivedumpService(service, options)).toBe(`define service {
  use                livedump-service
  host_name          web1
  description        Disk C:\\Data
  check_command      check-livedump
  max_check_attempts 1
}

`);
  });

  test("a value can't become a directive", () => {
    refused.length = 0;
    const text = formatLivedumpHost(
      {
        ...host,
        alias: "x\n}\ndefine command {",
        check_command: "a ; b",
        groups: ["ok", "a,b"],
        icon_image: "x}",
      },
      { ...options, includeHostIcon: true },
    );
    expect(text).toContain("  alias              web1\n");
    expect(text).toContain("  check_command      check-livedump\n");
    expect(text).toContain("  host_groups        ok\n");
    expect(text).not.toContain("icon_image");
    expect(refused.map((refusal) => refusal.directive)).toEqual([
      "alias",
      "host_groups",
      "check_command",
      "icon_image",
    ]);
  });

  test("an object whose name can't be expressed is left out and said", () => {
    refused.length = 0;
    expect(formatLivedumpHost({ ...host, name: "*" as HostName }, options)).toBe("");
    expect(formatLivedumpService({ ...service, host_name: "a,b" as HostName }, options)).toBe("");
    expect(
      formatLivedumpService({ ...service, description: "#x" as ServiceDescription }, options),
    ).toBe("");
    expect(refused.map((refusal) => refusal.outcome)).toEqual(["left out", "left out", "left out"]);
  });
});

test("-T: templates; the command keeps its exit code, as its ; is escaped", () => {
  expect(formatLivedumpTemplates(5)).toMatch(/\n {2}command_line +echo "[^"]+" \\; exit 1\n/);
  expect(formatLivedumpTemplates(5).match(/check_interval +5\n/g)).toHaveLength(2);
  expect(formatLivedumpTemplates(null)).not.toContain("check_interval");
});

test("-M: the first line says what follows", () => {
  expect(formatLivedumpMark({ kind: "status" })).toBe("status\n");
  expect(formatLivedumpMark({ kind: "config", site: "prod" })).toBe("config prod\n");
});
