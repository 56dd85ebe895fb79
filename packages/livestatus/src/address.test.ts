import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

test.each([
  "unix:/omd/sites/a/tmp/run/live",
  "tcp:host:6557",
  "tcp:[::1]:6557",
  "tls:10.0.0.1:443",
])("%s survives", (text) => expect(formatAddress(parseAddress(text))).toBe(text));

test.each([
  ["a port beyond the last", "tcp:host:65536"],
  ["port 0", "tcp:host:0"],
  ["no port", "tcp:host"],
  ["no host", "tcp::6557"],
  ["an IPv6 address without brackets", "tcp:::1:6557"],
  ["another protocol", "http://host:80"],
  ["no path", "unix:"],
  ["a path that the kernel can't take", `unix:/${"x".repeat(107)}`],
  ["a line feed", "tcp:host\n:6557"],
  ["nothing", ""],
])("%s is refused", (_, text) => {
  expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "socket-unknown" }));
});
