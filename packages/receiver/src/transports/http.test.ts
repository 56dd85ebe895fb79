import { parseSettings } from "@siteferry/agent";
import { expect, test } from "vitest";
import { receiverSchema } from "../settings.ts";
import { httpPullSettings } from "./http-pull.ts";
import { httpSettings } from "./http.ts";

const listening = (yaml: string) => () => parseSettings(yaml, "receiver.yaml", httpSettings);
const pulling = (yaml: string) => () => parseSettings(yaml, "receiver.yaml", httpPullSettings);
const tls = "cert: /c.pem\nkey: /c.key\n";
const sites = "sites: { remote1: { token: /t } }\n";

test("tokens never travel in clear: without TLS only on loopback", () => {
  expect(listening(`listen: "127.0.0.1:8080"\n${sites}`)).not.toThrow();
  expect(listening(`listen: "[::1]:8080"\n${sites}`)).not.toThrow();
  expect(listening(`listen: "0.0.0.0:8443"\n${tls}${sites}`)).not.toThrow();
  expect(listening(`listen: "0.0.0.0:8080"\n${sites}`)).toThrow("in clear");
  expect(listening(`listen: "127.0.0.1:8080"\ncert: /c.pem\n${sites}`)).toThrow("go together");
  const pinned = `sites: { remote1: { certificate: "${"AB".repeat(32)}" } }\n`;
  expect(listening(`listen: "127.0.0.1:8080"\n${pinned}`)).toThrow("there is no TLS");
  expect(listening(`listen: "[::]:8443"\n${tls}${pinned}`)).not.toThrow();
  expect(pulling("site: remote1\nurl: http://web.example.net\ntoken: /t\n")).toThrow("in clear");
  expect(pulling("site: remote1\nurl: http://web.example.net\n")).not.toThrow();
  expect(pulling("site: remote1\nurl: http://localhost:8080\ntoken: /t\n")).not.toThrow();
});

test("a site that would need nothing to come in is an error, so is what is no fingerprint", () => {
  expect(listening(`listen: "[::]:8443"\n${tls}sites: { remote1: {} }`)).toThrow("one of the two");
  const short = 'sites: { remote1: { certificate: "SHA256:AB" } }';
  expect(listening(`listen: "[::]:8443"\n${tls}${short}`)).toThrow("receiver.yaml:4: ");
});

test("no password in an address, and nothing but http", () => {
  for (const url of ["ftp://x", "https://me:pw@x", "https://x/?a", "https://x/#a", "central"]) {
    expect(pulling(`site: remote1\nurl: ${url}\n`), url).toThrow("not an address");
  }
  const url = "site: remote1\nurl: https://x\n";
  expect(pulling(`${url}proxy: none\n`)).not.toThrow();
  expect(pulling(`${url}proxy: http://proxy:3128\n`)).not.toThrow();
  expect(pulling(`${url}proxy: http://me:pw@proxy:3128\n`)).toThrow("neither none nor");
});

test("a transport for a site that receiver.yaml doesn't know is an error, with its line", () => {
  const complete = (transport: string) => () =>
    parseSettings(
      `centre: central
allowedSigners: /a
sites: { remote1: {} }
targets:
  - objects: { dir: /o, core: nagios }
transports:
  - ${transport}
`,
      "receiver.yaml",
      receiverSchema,
    );
  const listen = (site: string): string =>
    `http: { listen: "127.0.0.1:8080", sites: { ${site}: { token: /t } } }`;
  expect(complete(listen("remote1"))).not.toThrow();
  expect(complete(listen("remote2"))).toThrow("receiver.yaml:7: transports.0.http.sites.remote2");
  expect(complete("httpPull: { site: remote1, url: https://x }")).not.toThrow();
  expect(complete("httpPull: { site: remote2, url: https://x }")).toThrow("remote2 isn't one");
  expect(complete("drop: { dir: /d, site: remote2 }")).toThrow("remote2 isn't one");
  expect(complete("drop: { dir: /d }")).not.toThrow();
  expect(complete("nothing: {}")).toThrow("unknown key");
});
