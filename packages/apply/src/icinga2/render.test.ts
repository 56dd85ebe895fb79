import type { Configuration, HostName, ServiceDescription, SiteId } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { composePackage, decodeManifest, manifestFile } from "./content.ts";
import { addressFault, literal, textFault } from "./encode.ts";
import { plain } from "../objects/test-rows.ts";
import { renderIcinga2Site, type RenderedSite } from "./render.ts";

const common = {
  display_name: "",
  check_command: "evil!$USER1$",
  max_check_attempts: 3,
  check_interval: 1,
  retry_interval: 1,
  active_checks_enabled: 1,
  groups: [] as string[],
  contacts: ["root"],
  contact_groups: ["everyone"],
  icon_image: "evil.png",
  notes: "evil",
  notes_url: "https://evil/$HOSTNAME$",
  action_url: "evil",
  custom_variables: [["EVIL", "x"]],
} as const;

const host = (name: string, change: object = {}): Configuration["hosts"][number] => ({
  ...common,
  name: name as HostName,
  alias: "",
  address: "",
  parents: [],
  ...change,
});
const service = (on: string, description: string, change: object = {}) => ({
  ...common,
  host_name: on as HostName,
  description: description as ServiceDescription,
  ...change,
});

const nothingForeign = { hosts: new Set(""), hostgroups: new Set(""), servicegroups: new Set("") };

function render(
  configuration: Partial<Configuration>,
  { foreign = {}, taken = new Set<string>(), ...site }: Record<string, unknown> = {},
): RenderedSite {
  const none: Configuration = { hosts: [], services: [], hostgroups: [], servicegroups: [] };
  return renderIcinga2Site(
    {
      site: "a" as SiteId,
      configuration: { ...none, ...configuration },
      hostName: (name) => name,
      style: plain,
      ...site,
    },
    { ...nothingForeign, ...(foreign as object) },
    { hostTemplates: ["my host"], serviceTemplates: [] },
    taken as Set<string>,
  );
}

/** What stands outside of string literals: the only part that is code. */
function codeOf(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\["\\])*"/g, "S");
}

describe("the encoder", () => {
  test("whatever passes textFault is one literal, and reads back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(textFault(text) === null);
        const encoded = literal(text);
        expect(codeOf(encoded)).toBe("S");
        expect(encoded.slice(1, -1).replace(/\\(["\\])/g, "$1")).toBe(text);
      }),
    );
  });

  test("a line feed, NUL, an escape, a lone surrogate and a long text are no values", () => {
    for (const text of ["a\nb", "a\u0000", "\u001b[0m", "\ud800", "x".repeat(1025), ""]) {
      expect(textFault(text), JSON.stringify(text)).not.toBeNull();
    }
  });

  test("an address is nothing that a command could take for more", () => {
    for (const text of ["-w 5", "$host.vars.x$", "a b", "`id`", "a;b", "a|b", '"', "\\"]) {
      expect(addressFault(text), text).not.toBeNull();
    }
    for (const text of ["192.0.2.1", "fe80::1%eth0", "www.example.net", "[::1]:80"]) {
      expect(addressFault(text), text).toBeNull();
    }
  });
});

describe("a site's file", () => {
  test("has the fixed attributes and no others", () => {
    const rendered = render(
      {
        hosts: [host("web", { alias: "Web", address: "192.0.2.1", groups: ["linux"] })],
        services: [service("web", "load", { display_name: "Load", groups: ["cpu"] })],
      },
      { style: { ...plain, contacts: ["noc"], contactGroups: ["oncall"] } },
    );
    expect(rendered.text)
      .toBe(`// Written by siteferry: the objects of site a. Changes are overwritten.

object Host "web" {
  import "siteferry-host"
  import "my host"
  display_name = "Web"
  address = "192.0.2.1"
  groups = [ "linux" ]
  vars.siteferry_site = "a"
  vars.siteferry_contacts = [ "noc" ]
  vars.siteferry_contact_groups = [ "oncall" ]
}

object Service "load" {
  import "siteferry-service"
  host_name = "web"
  display_name = "Load"
  groups = [ "cpu" ]
  vars.siteferry_site = "a"
  vars.siteferry_contacts = [ "noc" ]
  vars.siteferry_contact_groups = [ "oncall" ]
}
`);
    expect(rendered.refused).toEqual([]);
  });

  test("whatever a site says, the code around the literals is the same", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.constantFrom('" }\nobject ApiUser "x" { ', '\\" + x', "{{{", "}}}", "$x$", "a!b", "*/"),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (name, shown, address, group) => {
        const { text, hostgroups } = render({
          hosts: [host(name, { display_name: shown, address, groups: [group] })],
          services: [service(name, shown, { display_name: address })],
          hostgroups: [{ name: group, alias: shown }],
        });
        const lines = codeOf(text).split("\n").slice(1);
        const allowed =
          /^(?:|object (?:Host|Service) S \{|  import S|  (?:display_name|address|host_name) = S|  groups = \[ S \]|  vars\.siteferry_site = S|\})$/;
        expect(lines.filter((line) => !allowed.test(line))).toEqual([]);
        const pieces = new Map([["a" as SiteId, { text, hostgroups, servicegroups: new Map() }]]);
        const { files } = composePackage(pieces, null);
        const groups = codeOf(
          files["conf.d/siteferry-common.conf"]!.split("\n\n").slice(3).join("\n"),
        );
        expect(groups).toMatch(/^(?:object HostGroup S \{\n  display_name = S\n\}\n?)?$/);
      }),
    );
  });

  test("names with !, twice the same, and of hosts that are left out are refused and told", () => {
    const { refused, hosts, services } = render({
      hosts: [host("a!b"), host("web"), host("web")],
      services: [
        service("a!b", "x"),
        service("web", "y!z"),
        service("web", "y"),
        service("web", "y"),
      ],
    });
    expect({ hosts, services }).toEqual({ hosts: 1, services: 1 });
    expect(refused.map(({ object, reason }) => `${object}: ${reason}`)).toEqual([
      "host a!b: contains !",
      "host web: is defined already, by this site or another one",
      "service a!b/x: is of a host that is left out",
      "service web/y!z: contains !",
      "service web/y: is defined already",
    ]);
  });

  test("a host of another site or of the centre stays whose it is; so do groups of the centre", () => {
    const rendered = render(
      { hosts: [host("theirs"), host("central"), host("own", { groups: ["core", "mine"] })] },
      {
        taken: new Set(["theirs"]),
        foreign: { hosts: new Set(["central"]), hostgroups: new Set(["core"]) },
      },
    );
    expect(rendered.hosts).toBe(1);
    expect(rendered.text).toContain('groups = [ "mine" ]');
    expect([...rendered.hostgroups.keys()]).toEqual(["mine"]);
  });
});

describe("the package", () => {
  const piece = render({ hosts: [host("web", { groups: ["linux"] })] });
  const pieces = new Map([["a" as SiteId, piece]]);

  test("its manifest reads back, and anything else is none", () => {
    const { files, manifest } = composePackage(pieces, null);
    expect(decodeManifest(files[manifestFile]!)).toEqual(manifest);
    for (const text of ["", "{}", "[]", '{"siteferry":2}', "null"]) {
      expect(decodeManifest(text), text).toBeNull();
    }
  });

  test("the content's hash follows each file; a zone gives the files another place", () => {
    const [unzoned, zoned] = [composePackage(pieces, null), composePackage(pieces, "dmz")];
    expect(Object.keys(zoned.files).sort()).toEqual([
      "siteferry.json",
      "zones.d/dmz/siteferry-common.conf",
      "zones.d/dmz/siteferry-site-a.conf",
    ]);
    const other = new Map([["a" as SiteId, { ...piece, text: `${piece.text} ` }]]);
    const hashes = [unzoned, zoned, composePackage(other, null)].map(
      ({ manifest }) => manifest.content,
    );
    expect(new Set(hashes).size).toBe(3);
  });
});
