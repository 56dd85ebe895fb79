// Why a request isn't answered with rows, in the numbers that clients know.

/**
 * 400 a header that can't be understood, 404 no such table, 413 too large or too slow, 450 no such
 * column, 452 can't be done.
 */
export type FaultStatus = 400 | 404 | 413 | 450 | 452;

/** Where the trouble lies decides how some servers tell it. */
type Place = "method" | "unknown-header" | "request";

export class RequestFault extends Error {
  readonly status: FaultStatus;
  readonly place: Place;

  constructor(status: FaultStatus, message: string, place: Place = "request") {
    super(message);
    this.name = "RequestFault";
    this.status = status;
    this.place = place;
  }
}
