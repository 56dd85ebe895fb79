// What a process needs that a link starts for one bundle: less than the agent, because its start is most
// of what it costs.

export { receiverSchema, type ReceiverSettings } from "./settings.ts";
export { receiveArrival } from "./world/receive-arrival.ts";
