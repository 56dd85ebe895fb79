import type { HostName, ServiceDescription } from "@siteferry/model";
import { expect, test } from "vitest";
import { liveObjects, ObjectCache, objectsIn, outlineOf } from "./outline.ts";

/** Its bytes come in parts of so many. */
const parsed = (text: string, partBytes = 4096): ReadonlySet<string> => {
  const cache = new ObjectCache();
  const bytes = Buffer.from(text);
  for (let begin = 0; begin < bytes.length; begin += partBytes) {
    cache.add(bytes.subarray(begin, begin + partBytes));
  }
  return cache.known;
};

test("a cache is whole if it ends behind an object", () => {
  const text = "define host {\n\thost_name\tweb\n\t}\n\n";
  const isWhole = (part: string): boolean => {
    const cache = new ObjectCache();
    cache.add(Buffer.from(part));
    return cache.isWhole;
  };
  const contact = "define contact {\n\tcontact_name\tanna\n\t}\n\n";
  for (const whole of [`${text}${text}`, `${text}${contact}`, `${contact}${text}`]) {
    expect(isWhole(whole), whole).toBe(true);
  }
  const parts = ["", "define host {\n", `${text}def`, `${text}${text.slice(0, -4)}`];
  // Also in one that isn't looked at.
  for (const part of [...parts, `${text}define contact {\n`, `${text}${contact.slice(0, -4)}`]) {
    expect(isWhole(part), part).toBe(false);
  }
});

test("knows the hosts and services of a cache that Nagios 4.4.6 wrote, and nothing else", () => {
  const known = parsed(`########################################
define hostgroup {
	hostgroup_name	linux
	alias	Linux
	members	r1-web1
	}

define host {
	host_name	r1-web1
	alias	define service {
	address	10.0.0.1
	}

define service {
	host_name	r1-web1
	service_description	Disk C:\\Data
	display_name	host_name
	}

`);
  expect(known).toContain("hostgroup linux");
  const isLive = liveObjects(known);
  const web = "r1-web1" as HostName;
  expect(isLive(web, null)).toBe(true);
  expect(isLive(web, "Disk C:\\Data" as ServiceDescription)).toBe(true);
  expect(isLive(web, "CPU" as ServiceDescription)).toBe(false);
  expect(isLive("linux" as HostName, null)).toBe(false);
  expect(isLive("web1" as HostName, null)).toBe(false);
});

test("R41 an address is no name: what is called like another host's address has to be known itself", () => {
  const isLive = liveObjects(
    parsed("define host {\n\thost_name\tweb\n\taddress\t192.0.2.1\n\t}\n"),
  );
  expect(isLive("192.0.2.1" as HostName, null)).toBe(false);
});

test("a part ends anywhere: the names are the same", () => {
  const text = `define host {\n\thost_name\tWörth 🌍\n\t}\n\ndefine service {
\thost_name\tWörth 🌍\n\tservice_description\tDisk\n\t}\n`;
  for (let partBytes = 1; partBytes <= 40; partBytes++) {
    expect([...parsed(text, partBytes)]).toEqual(["host Wörth 🌍", "service Wörth 🌍\tDisk"]);
  }
});

test("of object files: what is called how, and with which text", () => {
  const web = "define host {\n  use                    x\n  host_name              web 1\n}";
  const text = `define service {\n  name  siteferry-service\n}\n\n${web}\n\ndefine service {
  host_name              web 1
  service_description    Disk C:\\Data
}
`;
  const files = new Map([["a.cfg", text]]);
  const outline = outlineOf(files);
  expect(outline.get("host web 1")).toBe(web);
  expect([...objectsIn(files)]).toEqual(["host web 1", "service web 1\tDisk C:\\Data"]);
  expect([...outline.keys()]).toContain("template service siteferry-service");
});
