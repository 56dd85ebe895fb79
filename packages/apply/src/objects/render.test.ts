import type { HostName } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileOf, host, options, plain, render, renderObjects, service, site } from "./test-rows.ts";

test("R51 R53 a host and its service: fixed template, names at the centre, contacts of the centre", () => {
  const rendered = render(
    site(
      "a",
      {
        hosts: [host("web", { alias: "Web server", address: "10.0.0.1", groups: ["linux"] })],
        services: [service("web", "CPU load", { display_name: "Load", groups: ["base"] })],
        hostgroups: [{ name: "linux", alias: "Linux" }],
      },
      {
        hostName: (name) => `a-${name}` as HostName,
        style: { ...plain, contactGroups: ["admins"] },
      },
    ),
  );
  expect(fileOf(rendered))
    .toBe(`# Written by siteferry: the objects of site a. Changes are overwritten.

define host {
  name                   siteferry-host-of-a
  use                    siteferry-passive-host,siteferry-host
  register               0
  check_command          siteferry-stale!a
  contact_groups         admins
}

define service {
  name                   siteferry-service-of-a
  use                    siteferry-passive-service,siteferry-service
  register               0
  check_command          siteferry-stale!a
  contact_groups         admins
}

define host {
  use                    siteferry-host-of-a
  host_name              a-web
  alias                  Web server
  address                10.0.0.1
  hostgroups             linux
}

define service {
  use                    siteferry-service-of-a
  host_name              a-web
  service_description    CPU load
  display_name           Load
  servicegroups          base
}

`);
  expect(rendered.files.get("siteferry-groups.cfg")).toContain(
    "  hostgroup_name         linux\n  alias                  Linux\n",
  );
  expect(rendered.files.get("siteferry-groups.cfg")).toContain(
    "  servicegroup_name      base\n  alias                  base\n",
  );
  expect(rendered).toMatchObject({ hosts: 1, services: 1, refused: [] });
});

describe("a hostile value", () => {
  test("R51 R52 as an alias falls back to the host's name and is said", () => {
    const rendered = render(
      site("a", { hosts: [host("web", { alias: "x\n}\ndefine command {" })] }),
    );
    expect(fileOf(rendered)).toContain("  alias                  web\n");
    expect(rendered.refused).toEqual([
      {
        site: "a",
        object: "host web",
        directive: "alias",
        reason: "contains a control character",
        outcome: "replaced",
      },
    ]);
  });

  test.each([
    ["R52", "x { y", "contains {"],
    ["R52", "x } y", "contains }"],
    ["R52", "x ; y", "contains ;"],
    ["R52", "x $ y", "contains $"],
    ["R52", "# x", "begins with #"],
    ["R52", "x \\", "ends with a backslash"],
    ["R53", "$USER1$", "contains $"],
    ["R53", "x\ncfg_file=/etc/passwd", "contains a control character"],
    ["R53", "null", "is the word null"],
  ])(
    "%s %j isn't said by any directive of a host, a service or a group",
    (_number, value, reason) => {
      const texts = { display_name: value, notes: value, action_url: value, check_command: value };
      const rendered = render(
        site("a", {
          hosts: [host("web", { ...texts, alias: value, address: value })],
          services: [service("web", "CPU", texts)],
          hostgroups: [{ name: "linux", alias: value }],
        }),
      );
      for (const name of ["siteferry-site-a.cfg", "siteferry-groups.cfg"]) {
        expect(rendered.files.get(name)).not.toContain(value);
      }
      expect(rendered.refused.map((refusal) => refusal.reason)).toEqual(Array(5).fill(reason));
      expect(rendered).toMatchObject({ hosts: 1, services: 1 });
    },
  );

  test.each([
    "a,b",
    "*",
    "we?b",
    "!web",
    "+web",
    "we{b",
    "}",
    "we;b",
    "$USER1$",
    "#web",
    "null",
    "web(1)",
    "a=b",
  ])("R52 R53 as the host's name %s leaves out the host and its services", (name) => {
    const rendered = render(site("a", { hosts: [host(name)], services: [service(name, "CPU")] }));
    expect(fileOf(rendered)).not.toContain("_name ");
    expect(rendered.refused.map(({ directive, outcome }) => [directive, outcome])).toEqual([
      ["host_name", "left out"],
      ["host_name", "left out"],
    ]);
  });

  test("as a group is left out of the list", () => {
    const rendered = render(
      site("a", { hosts: [host("web", { groups: ["b,c", "+d", "ok", "ok"] })] }),
    );
    expect(fileOf(rendered)).toContain("  hostgroups             ok\n");
    expect(rendered.refused).toHaveLength(2);
  });

  test("R51 R52 whatever it is, every line is a directive that we say ourselves", () => {
    const text = fc.string({
      unit: fc.constantFrom(
        "a",
        "\n",
        "{",
        "}",
        ";",
        "$",
        "#",
        "\\",
        " ",
        "\t",
        ",",
        "\u2028",
        "\0",
      ),
    });
    fc.assert(
      fc.property(text, text, text, text, (name, alias, group, description) => {
        const rendered = render(
          site("a", {
            hosts: [
              host("web"),
              host(name, { alias, address: alias, display_name: alias, groups: [group] }),
            ],
            services: [service("web", description, { display_name: alias, groups: [group] })],
            hostgroups: [{ name: group, alias }],
          }),
        );
        const known =
          /^(?:|# Written by .*|define (?:host|service|hostgroup|servicegroup) \{|\}|  (?:use|name|register|check_command|host_name|alias|address|display_name|service_description|hostgroups|servicegroups|hostgroup_name|servicegroup_name) +[^\s;{}$#][^;{}$]*)$/;
        for (const file of ["siteferry-site-a.cfg", "siteferry-groups.cfg"]) {
          for (const line of rendered.files.get(file)!.split("\n")) {
            expect(line).toMatch(known);
            expect(line).not.toMatch(/\\$/);
          }
        }
      }),
    );
  });
});

test("R40 where + makes a pattern, no host and no group has one; a service may", () => {
  const rows = {
    hosts: [host("web", { groups: ["c++"] }), host("we.+")],
    services: [service("web", "C++"), service("we.+", "evil")],
  };
  expect(fileOf(render(site("a", rows)))).toContain("  host_name              we.+\n");
  const rendered = renderObjects([site("a", rows)], { ...options, patternCharacters: "+\\" });
  expect(fileOf(rendered)).not.toMatch(/we\.\+|c\+\+/);
  expect(rendered).toMatchObject({ hosts: 1, services: 1 });
});

test("an object has 1000 of its groups and not more, which is said", () => {
  const groups = Array.from({ length: 1002 }, (_, index) => `g${index}`);
  const rendered = render(site("a", { hosts: [host("web", { groups })] }));
  expect(fileOf(rendered)).toMatch(/^  hostgroups +g0,.*,g999$/m);
  expect(rendered.refused).toMatchObject([{ object: "host web", directive: "hostgroups" }]);
});

describe("two sites", () => {
  test("fill one group, which is defined once", () => {
    const groups = { hostgroups: [{ name: "linux", alias: "Linux" }] };
    const rendered = render(
      site("a", { hosts: [host("web1", { groups: ["linux"] })], ...groups }),
      site("b", { hosts: [host("web2", { groups: ["linux"] })], ...groups }),
    );
    expect(rendered.files.get("siteferry-groups.cfg")!.match(/define hostgroup/g)).toHaveLength(1);
    expect(fileOf(rendered, "b")).toContain("  hostgroups             linux\n");
  });

  test("can't both have a host: the first keeps it, with its own services only", () => {
    const rendered = render(
      site("a", { hosts: [host("web")], services: [service("web", "CPU")] }),
      site("b", {
        hosts: [host("web")],
        services: [service("web", "CPU"), service("web", "Disk")],
      }),
    );
    expect(rendered).toMatchObject({ hosts: 1, services: 1 });
    expect(fileOf(rendered, "b")).not.toContain("_name ");
    expect(rendered.refused).toHaveLength(3);
  });
});

test("a service that occurs twice is defined once, or the core refuses everything", () => {
  const rendered = render(
    site("a", { hosts: [host("web")], services: [service("web", "CPU"), service("web", "CPU")] }),
  );
  expect(rendered.services).toBe(1);
});
