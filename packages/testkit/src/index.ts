// What stands in for the world at run time: the demo and the tests use it. Real cores: ./cores.

export {
  makeFakeSite,
  type FakeSite,
  type FakeSiteOptions,
  type TickReport,
} from "./fake-site/fake-site.ts";
export { makeCertificate, type Certificate, type CertificateOptions } from "./certificates.ts";
export { openBlackHole, type BlackHole } from "./black-hole.ts";
export { freePort } from "./free-port.ts";
export * from "./temporary-directory.ts";
export { askRandomly } from "./random-requests.ts";
export { openRelay, type Relay } from "./relay.ts";
