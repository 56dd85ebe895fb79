// What an object is called throughout the simulation.

/** `host`, or `host` TAB `service`. */
export type ObjectKey = string;

/** `service` "" for the host itself. */
export function objectKey(host: string, service: string): ObjectKey {
  return service === "" ? host : `${host}\t${service}`;
}
