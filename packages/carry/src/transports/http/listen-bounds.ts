// What a stranger, and a site, may cost the listener. Before the login only connections and headers
// count; of the body nothing is read until the site has shown who it is.

export interface ListenBounds {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** For the TLS handshake, and for all headers of a request. */
  readonly headersMs: number;
  /** For a whole request. 64 MiB on a line of 256 kbit/s are 35 minutes. */
  readonly requestMs: number;
  /** In each of these at least `bodyBytesPerTickMin` of the body must come. */
  readonly bodyTickMs: number;
  readonly bodyBytesPerTickMin: number;
  /** A connection without a request stays open for so long: the next run of a sender uses it. */
  readonly keepAliveMs: number;
  /** After an early refusal, for the other side to read it before the line is cut. */
  readonly lingerMs: number;
  /** A sender has two lanes, so that a small delta needn't wait for a large keyframe. */
  readonly uploadsPerSiteMax: number;
  /** How long one more waits for its turn: mostly for one of its own that is just being cut. */
  readonly turnMs: number;
  /** Bodies in memory, of all sites; beyond it the site that has most gives way. */
  readonly bytesInFlightMax: number;
  /** What a site may have in memory however full it is: a delta gets through. */
  readonly bytesOfSiteMin: number;
}

export const defaultListenBounds: ListenBounds = {
  connectionsMax: 512,
  headerBytesMax: 8 * 1024,
  headersMs: 20_000,
  requestMs: 3_600_000,
  bodyTickMs: 30_000,
  bodyBytesPerTickMin: 8 * 1024,
  keepAliveMs: 75_000,
  lingerMs: 5_000,
  uploadsPerSiteMax: 2,
  turnMs: 2_000,
  bytesInFlightMax: 256 * 1024 * 1024,
  bytesOfSiteMin: 256 * 1024,
};
