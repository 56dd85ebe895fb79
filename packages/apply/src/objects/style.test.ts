import { describe, expect, test } from "vitest";
import { copiedTexts, type ObjectStyle } from "./style.ts";
import { fileOf, host, options, plain, render, renderObjects, service, site } from "./test-rows.ts";

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

  test.each([0.0001, 0, -1, 1e7, NaN, Infinity, null])(
    "an interval of %s isn't copied: with a zero no core starts",
    (retry_interval) => {
      const objects = {
        hosts: [host("web")],
        services: [service("web", "CPU", { retry_interval })],
      };
      const [, text] = fileOf(render(site("a", objects, { style: all }))).split(
        "service_description",
      );
      expect(text).not.toContain("retry_interval");
    },
  );

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
