import { X509Certificate } from "node:crypto";
import type { SiteId } from "@siteferry/model";
import { makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll } from "vitest";
import { describeTransport } from "../../transport-contract.ts";
import { describeFaults } from "../../line-contract.ts";
import { parseFingerprint, type SiteAccess } from "./access.ts";
import { httpLink, makeTestCertificates, token } from "./test-http.ts";

let directory: TemporaryDirectory;
let certificates: Awaited<ReturnType<typeof makeTestCertificates>>;
beforeAll(async () => {
  directory = await makeTemporaryDirectory("http-tls");
  certificates = await makeTestCertificates(directory.path);
});
afterAll(async () => await directory.remove());

describeTransport("http, in clear with tokens", () =>
  httpLink({}, (site) => ({ token: token(site) })),
);

const openSecure = () =>
  httpLink({ tls: certificates.server }, (site) => ({
    token: token(site),
    ca: certificates.authority.cert,
  }));
describeTransport("https with tokens", openSecure);
describeFaults("https with tokens", openSecure);

describeTransport("https with pinned certificates", () => {
  const access = new Map<SiteId, SiteAccess>();
  for (const [site, { cert }] of certificates.sites) {
    const certificate = parseFingerprint(new X509Certificate(cert).fingerprint256);
    access.set(site, { token: null, certificate });
  }
  return httpLink({ tls: certificates.server, access }, (site) => {
    const { cert, key } = certificates.sites.get(site)!;
    return { ca: certificates.authority.cert, cert, key };
  });
});
