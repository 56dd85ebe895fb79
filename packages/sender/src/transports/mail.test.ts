import { expect, test } from "vitest";
import { mailSettings } from "./mail.ts";

const addresses = { to: "ferry@central.example.net", from: "siteferry@remote1.example.net" };
const relay = { host: "mail.example.net" };
const login = { user: "siteferry", password: "/etc/siteferry/smtp.password" };

test("defaults", () => {
  expect(mailSettings.parse({ ...addresses, smtp: relay })).toEqual({
    ...addresses,
    smtp: { host: "mail.example.net", port: 587, tls: "starttls", timeout: 30_000 },
    partBytes: 8_000_000,
  });
});

test.each([
  ["a second header in an address", { to: "a@b\r\nBcc: c@d" }],
  ["an option for an address", { from: "-oQ/tmp@b" }],
  ["two addresses", { to: "a@b, c@d" }],
  ["a name with an address", { to: "Ferry <a@b>" }],
  ["no relay", { smtp: undefined }],
  ["two relays", { sendmail: ["/usr/sbin/sendmail"] }],
  ["a user without a password", { smtp: { ...relay, user: "siteferry" } }],
  ["a password in clear", { smtp: { ...relay, ...login, tls: "none" } }],
  ["too small parts", { partBytes: "10KB" }],
  ["a size without a unit", { partBytes: "8000000" }],
])("%s is refused", (_what, changed) => {
  expect(mailSettings.safeParse({ ...addresses, smtp: relay, ...changed }).success).toBe(false);
});

test("a password in clear stays on this machine, and mail without one may go in clear", () => {
  for (const smtp of [
    { ...login, host: "127.0.0.1", tls: "none" },
    { ...login, host: "::1", tls: "none" },
    { ...relay, tls: "none", port: 25 },
  ]) {
    expect(mailSettings.safeParse({ ...addresses, smtp }).success).toBe(true);
  }
});
