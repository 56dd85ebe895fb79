import type { HostName, ServiceDescription } from "@siteferry/model";
import { expect, test } from "vitest";
import { liveObjects, objectsOf, outlineOf, parseObjectCache } from "./outline.ts";

const parsed = (cache: string): ReadonlySet<string> => parseObjectCache(Buffer.from(cache));

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

test("of object files: what is called how, and with which text", () => {
  const web = "define host {\n  use                    x\n  host_name              web 1\n}";
  const text = `define service {\n  name  siteferry-service\n}\n\n${web}\n\ndefine service {
  host_name              web 1
  service_description    Disk C:\\Data
}
`;
  const outline = outlineOf(new Map([["a.cfg", text]]));
  expect(outline.get("host web 1")).toBe(web);
  expect(objectsOf(outline)).toEqual(["host web 1", "service web 1\tDisk C:\\Data"]);
  expect([...outline.keys()]).toContain("template service siteferry-service");
});
