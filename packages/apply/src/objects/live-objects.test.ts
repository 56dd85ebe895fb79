import type { HostName, ServiceDescription } from "@siteferry/model";
import { expect, test } from "vitest";
import { parseLiveObjects } from "./live-objects.ts";

test("knows the hosts and services of a cache that Nagios 4.4.6 wrote, and nothing else", () => {
  const isLive = parseLiveObjects(`########################################
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
  const web = "r1-web1" as HostName;
  expect(isLive(web, null)).toBe(true);
  expect(isLive(web, "Disk C:\\Data" as ServiceDescription)).toBe(true);
  expect(isLive(web, "CPU" as ServiceDescription)).toBe(false);
  expect(isLive("linux" as HostName, null)).toBe(false);
  expect(isLive("web1" as HostName, null)).toBe(false);
});

test("R41 an address is no name: what is called like another host's address has to be known itself", () => {
  const isLive = parseLiveObjects("define host {\n\thost_name\tweb\n\taddress\t192.0.2.1\n\t}\n");
  expect(isLive("192.0.2.1" as HostName, null)).toBe(false);
});
