// The Livestatus protocol, both ends: the client that reads a site, and the server that answers
// such clients from tables.

export { formatAddress, parseAddress, type Address } from "./address.ts";
export { readColumns, type ColumnTypes } from "./client/columns.ts";
export { checkFilters, parseHeaderLine, type HeaderLine } from "./client/header-line.ts";
export { pairLists, splitList } from "./client/lists.ts";
export type { Query } from "./client/query.ts";
export type { Row } from "./client/row-decoder.ts";
export type { FlavourName } from "./server/flavour.ts";
export type { ServedTable, ServedType, Source } from "./server/source.ts";
export { connect, type ClientOptions, type LivestatusClient } from "./world/client.ts";
export type { TlsOptions } from "./world/dial.ts";
export { serve, type LivestatusServer, type ServerOptions } from "./world/server.ts";
