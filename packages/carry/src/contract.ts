// What every run needs, whatever its transports: the contract, the directory, what settings are checked
// with. The other transports are loaded when the settings name them: starting is most of a short run.

export { Gathered } from "./gathered.ts";
export { distinctNames } from "./distinct-names.ts";
export { superseded } from "./superseded.ts";
export * from "./transport.ts";
export { accountOf, firstOfEachSite, type IsKnown } from "./transports/first-of-each-site.ts";
export { dropReceiver, type DropReceiveOptions } from "./transports/drop/receive.ts";
export { dropSender, type DropSendOptions } from "./transports/drop/send.ts";
export { parseFingerprint, parseToken, type SiteAccess } from "./transports/http/access.ts";
export {
  formatListenAddress,
  isLoopback,
  type ListenAddress,
  parseListenAddress,
} from "./transports/http/address.ts";
export { closing, finish, isWhole, refuseTunnels } from "./transports/http/finish-answer.ts";
export { startListening } from "./transports/http/start-listening.ts";
export { mailTraits } from "./transports/mail/traits.ts";
