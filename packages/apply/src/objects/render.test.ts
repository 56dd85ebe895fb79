import type {
  Configuration,
  HostConfiguration,
  HostName,
  ServiceConfiguration,
  ServiceDescription,
  SiteId,
} from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultIllegalNameCharacters, defaultIllegalValueCharacters } from "./encode.ts";
import { renderObjects, type SiteObjects } from "./render.ts";
import { copiedTexts, nothingAtCentre, type ObjectStyle } from "./style.ts";

const common = {
  display_name: "",
  check_command: "evil!$USER1$",
  max_check_attempts: 3,
  check_interval: 1,
  retry_interval: 1,
  active_checks_enabled: 1,
  groups: [],
  contacts: ["root"],
  contact_groups: ["everyone"],
  icon_image: null,
  notes: null,
  notes_url: null,
  action_url: null,
  custom_variables: [["EVIL", "x"]],
} as const;

function host(name: string, change: Partial<HostConfiguration> = {}): HostConfiguration {
  return { ...common, name: name as HostName, alias: "", address: "", parents: [], ...change };
}

function service(
  on: string,
  description: string,
  change: Partial<ServiceConfiguration> = {},
): ServiceConfiguration {
  return {
    ...common,
    host_name: on as HostName,
    description: description as ServiceDescription,
    ...change,
  };
}

const plain: ObjectStyle = {
  contacts: [],
  contactGroups: [],
  hostGroups: [],
  groupPrefix: "",
  hostTemplates: [],
  serviceTemplates: [],
  attempts: "hard",
  freshnessMs: null,
  copy: new Set(),
  copiesVariable: () => false,
};

function site(
  id: string,
  configuration: Partial<Configuration>,
  change: Partial<SiteObjects> = {},
): SiteObjects {
  const none: Configuration = { hosts: [], services: [], hostgroups: [], servicegroups: [] };
  return {
    site: id as SiteId,
    configuration: { ...none, ...configuration },
    hostName: (name) => name,
    style: plain,
    ...change,
  };
}

const options = {
  illegalNameCharacters: defaultIllegalNameCharacters,
  illegalValueCharacters: defaultIllegalValueCharacters,
  centre: nothingAtCentre,
  recordsDirectory: "/spool/sites",
};

function render(...sites: SiteObjects[]): ReturnType<typeof renderObjects> {
  return renderObjects(sites, options);
}

const fileOf = (rendered: ReturnType<typeof render>, id = "a"): string =>
  rendered.files.get(`siteferry-site-${id}.cfg`)!;

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

describe("what the centre's settings say of a site", () => {
  const all: ObjectStyle = {
    ...plain,
    contacts: ["noc"],
    hostGroups: ["customers"],
    groupPrefix: "a ",
    hostTemplates: ["check_mk_default"],
    attempts: "mirror",
    notifications: true,
    flapDetection: false,
    freshnessMs: 900_000,
    copy: new Set(copiedTexts),
    copiesVariable: (name) => name !== "SECRET",
  };
  const rich = {
    icon_image: "linux 40.png",
    notes: "Rack 7",
    notes_url: "https://wiki.example.net/web",
    action_url: "/pnp?host=web",
    custom_variables: [
      ["TIER", "gold"],
      ["SECRET", "x"],
    ],
  } as const;

  test("is said once, in the site's own templates, between those that always hold and the defaults", () => {
    const text = fileOf(render(site("a", {}, { style: all })));
    expect(text).toContain(`define host {
  name                   siteferry-host-of-a
  use                    siteferry-passive-host,check_mk_default,siteferry-host
  register               0
  check_command          siteferry-stale!a
  contacts               noc
  notifications_enabled  1
  flap_detection_enabled 0
}
`);
    expect(text).toContain("use                    siteferry-passive-service,siteferry-service\n");
  });

  test("is what is copied, and nothing else is", () => {
    const objects = {
      hosts: [host("web", { ...rich, parents: ["gate", "gone"], groups: ["linux"] }), host("gate")],
      services: [service("web", "CPU", { ...rich, check_interval: 5 })],
    };
    const text = fileOf(render(site("a", objects, { style: all })));
    expect(text).toContain(`  address                web
  max_check_attempts     3
  icon_image             linux 40.png
  notes                  Rack 7
  notes_url              https://wiki.example.net/web
  action_url             /pnp?host=web
  check_interval         1
  retry_interval         1
  _TIER                  gold
  hostgroups             customers,a linux
  parents                gate
}
`);
    expect(text).toContain(`  check_freshness        1
  freshness_threshold    1800
`);
    const bare = fileOf(render(site("a", objects)));
    expect(bare).not.toMatch(
      /icon_image|notes|action_url|interval|_TIER|parents|freshness|attempts/,
    );
  });

  test("R51 R52 hostile texts in what is copied are left out, each with its reason", () => {
    const texts = {
      icon_image: "../../etc/passwd",
      notes: "$(reboot)",
      notes_url: "javascript:alert(1)",
      action_url: "//evil.example.net/x",
      custom_variables: [
        ["EVIL }", "x"],
        ["TIER", "`id`"],
      ],
      max_check_attempts: 0,
    } as const;
    const rendered = render(site("a", { hosts: [host("web", texts)] }, { style: all }));
    expect(fileOf(rendered)).not.toMatch(/passwd|reboot|script|evil|`id`|EVIL/);
    expect(rendered.refused.map(({ directive }) => directive)).toEqual([
      "max_check_attempts",
      "icon_image",
      "notes",
      "notes_url",
      "action_url",
      "_EVIL }",
      "_TIER",
    ]);
  });

  test("services that the site doesn't check by itself never turn stale", () => {
    const silent = [
      service("web", "passive", { active_checks_enabled: 0 }),
      service("web", "never", { check_interval: 0 }),
      service("web", "unknown", { check_interval: null }),
    ];
    const rendered = render(site("a", { hosts: [host("web")], services: silent }, { style: all }));
    expect(fileOf(rendered)).not.toContain("freshness");
  });

  test("parents in a circle lose the one that closes it, or the core wouldn't start", () => {
    const names = Array.from({ length: 5000 }, (_, index) => `h${index}`);
    const hosts = names.map((name, index) => {
      return host(name, { parents: [names[(index + 1) % names.length]!, name] });
    });
    const rendered = render(site("a", { hosts }, { style: all }));
    expect(fileOf(rendered).match(/^  parents/gm)).toHaveLength(4999);
    expect(rendered.refused).toHaveLength(5001);
  });
});

describe("what the centre has by itself", () => {
  const centre = {
    hosts: new Set(["central"]),
    hostgroups: new Set(["admins"]),
    servicegroups: new Set<string>(),
  };

  test("R40 no site defines or joins: neither a host nor a group, unless the settings put it there", () => {
    const objects = {
      hosts: [host("web", { groups: ["admins", "linux"] }), host("central")],
      services: [service("central", "CPU")],
      hostgroups: [{ name: "admins", alias: "mine now" }],
    };
    const rendered = renderObjects([site("a", objects)], { ...options, centre });
    expect(fileOf(rendered)).toContain("  hostgroups             linux\n");
    expect(rendered.files.get("siteferry-groups.cfg")).not.toContain("admins");
    expect(rendered).toMatchObject({ hosts: 1, services: 0 });
    const style = { ...plain, hostGroups: ["admins"] };
    const put = renderObjects([site("a", { hosts: [host("web")] }, { style })], {
      ...options,
      centre,
    });
    expect(fileOf(put)).toContain("  hostgroups             admins\n");
    expect(put.files.get("siteferry-groups.cfg")).not.toContain("admins");
  });
});

test("a stale service says since when its site is silent, by the age of its record", () => {
  const { files } = render();
  expect(files.get("siteferry-templates.cfg")).toContain(
    "date -r /spool/sites/$ARG1$/record +%FT%T%z",
  );
  const odd = renderObjects([], { ...options, recordsDirectory: "/sp'ool; x" });
  expect(odd.files.get("siteferry-templates.cfg")).not.toContain("sp'ool");
});
