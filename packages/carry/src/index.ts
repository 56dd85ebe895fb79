// Transports: each a folder with its two halves behind one contract.

export * from "./transport.ts";
export { dropSender, type DropSendOptions } from "./transports/drop/send.ts";
export { dropReceiver, type DropReceiveOptions } from "./transports/drop/receive.ts";
