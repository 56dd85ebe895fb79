// A line on which every fifth packet is lost, each way: a namespace of the test's own, whose loopback
// drops them.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { missingFor } from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import { whyNoDiode } from "../one-way/diode.ts";

const both = fileURLToPath(import.meta.resolve("./lossy-line.ts"));
const missing =
  missingFor("sshd") ?? missingFor("nftables") ?? missingFor("iproute2") ?? (await whyNoDiode());
const environment = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };

const rules = `table inet lossy {
  counter lost { }
  chain input {
    type filter hook input priority 0
    iifname "lo" numgen random mod 100 < 20 counter name "lost" drop
  }
}
`;

/**
 * What was lost several times in a row Linux sends again ever more rarely, up to every two minutes; here
 * once a second, where the kernel can be told so (6.15).
 */
const impatient = 'f=/proc/sys/net/ipv4/tcp_rto_max_ms; ! test -e "$f" || echo 1000 > "$f"';
const limitMs = 240_000;

async function run(program: string, ...words: readonly string[]): Promise<string> {
  const options = { env: environment, timeout: limitMs };
  return (await promisify(execFile)(program, words, options)).stdout;
}

test.skipIf(missing !== null)(
  "a bundle of 2 MB arrives as it was by ssh and by http, though a fifth of the packets is lost",
  { timeout: 300_000 },
  async () => {
    const namespace = `sf-lossy-${process.pid}`;
    await run("ip", "netns", "add", namespace);
    try {
      // As on a real line: a packet is no larger than there.
      await run("ip", "-n", namespace, "link", "set", "lo", "mtu", "1500", "up");
      const inside = ["netns", "exec", namespace];
      await run("ip", ...inside, "sh", "-c", impatient);
      await run("ip", ...inside, "sh", "-c", 'printf %s "$0" | nft -f -', rules);
      expect(await run("ip", ...inside, process.execPath, both)).toBe("ssh: whole\nhttp: whole\n");
      const lost = await run("ip", ...inside, "nft", "list", "counter", "inet", "lossy", "lost");
      expect(Number(/packets (\d+)/.exec(lost)?.[1])).toBeGreaterThan(10);
    } finally {
      await run("ip", "netns", "delete", namespace);
    }
  },
);
