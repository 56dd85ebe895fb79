// A data diode of the test's own: two network namespaces, a wire between them, and UDP that goes one way.
// What the site's end of the wire has received is counted by the kernel.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };

export interface Diode extends AsyncDisposable {
  /** What `ip` has to be told before a command so that it runs at this end. */
  at(end: "site" | "centre"): readonly string[];
  readonly centreAddress: string;
  /** Bytes that came out of the wire at the site, of whatever protocol. */
  bytesToSite(): Promise<number>;
  bytesToCentre(): Promise<number>;
}

const centreAddress = "192.0.2.2";

/** `label` keeps namespaces of tests apart that run at the same time. */
export async function layDiode(label: string): Promise<Diode> {
  const [site, centre] = [`sf-${label}-s`, `sf-${label}-c`];
  const wire = { site: `sfs${label}`, centre: `sfc${label}` };
  const mac = { site: "02:00:00:00:00:01", centre: "02:00:00:00:00:02" };
  await ip("netns", "add", site);
  await ip("netns", "add", centre);
  const ends = [wire.site, "address", mac.site, "netns", site, "type", "veth", "peer"];
  await ip("link", "add", ...ends, "name", wire.centre, "address", mac.centre, "netns", centre);
  for (const [namespace, name, address] of [
    [site, wire.site, "192.0.2.1"],
    [centre, wire.centre, centreAddress],
  ] as const) {
    // No neighbour discovery of IPv6; ARP would need an answer, so each knows the other beforehand.
    await ip("-n", namespace, "link", "set", name, "addrgenmode", "none", "arp", "off");
    await ip("-n", namespace, "address", "add", `${address}/24`, "dev", name);
    await ip("-n", namespace, "link", "set", name, "up");
    await ip("-n", namespace, "link", "set", "lo", "up");
  }
  const to = ["neighbour", "replace", centreAddress, "lladdr", mac.centre, "dev", wire.site];
  await ip("-n", site, ...to, "nud", "permanent");

  const at = (end: "site" | "centre"): readonly string[] => [
    "netns",
    "exec",
    end === "site" ? site : centre,
  ];
  const received = async (end: "site" | "centre"): Promise<number> => {
    const path = `/sys/class/net/${wire[end]}/statistics/rx_bytes`;
    return Number((await run("ip", [...at(end), "cat", path], { env })).stdout);
  };
  return {
    at,
    centreAddress,
    bytesToSite: () => received("site"),
    bytesToCentre: () => received("centre"),
    async [Symbol.asyncDispose]() {
      await ip("netns", "delete", site);
      await ip("netns", "delete", centre);
    },
  };
}

/** Why there can be no diode here, or null. The reason goes to standard error, too. */
export async function whyNoDiode(): Promise<string | null> {
  try {
    const diode = await layDiode("try");
    await diode[Symbol.asyncDispose]();
    return null;
  } catch (error) {
    const reason = `this machine allows no network namespaces: ${String(error).trim()}`;
    process.stderr.write(`Left out: a test of a line; ${reason}\n`);
    return reason;
  }
}

async function ip(...words: readonly string[]): Promise<void> {
  await run("ip", words, { env });
}
