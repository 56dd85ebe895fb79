// What a core at the centre shows of itself, as Livestatus or its status file tells it.

import type { CentreObject, CentreView } from "@siteferry/apply";
import {
  type Flag,
  type HostName,
  isNameFault,
  type Pairs,
  parseHostName,
  parseServiceDescription,
  type ServiceDescription,
} from "@siteferry/model";

/** `host`, or `host` TAB `service`. */
export type CentreKey = string;

/** The little that tells whether the rest has to be looked at. */
export interface CentreLook extends Pick<CentreView, "madeAtMs" | "comments" | "downtimes"> {
  /** Another one after each start of the core. */
  readonly programStart: string;
  /** Acknowledged objects, with the kind of it, in any order. */
  readonly acknowledged: readonly string[];
}

export interface CentreObjects {
  readonly objects: ReadonlyMap<CentreKey, CentreObject>;
  /** Custom variables of the wanted names; empty if none were asked for. */
  readonly variables: ReadonlyMap<CentreKey, Pairs>;
}

/** The reading side of a core. One look and one set of objects a run. */
export interface CentreReader {
  /** @throws FerryError `livestatus-…`, `core-status-unusable` */
  look(): Promise<CentreLook>;
  /** All that it has. `wants`: which custom variables, by name without the underscore; null: none. */
  objects(wants: ((variable: string) => boolean) | null): Promise<CentreObjects>;
}

export function centreKey(host: string, service: string | null): CentreKey {
  return service === null ? host : `${host}\t${service}`;
}

export function viewOf(look: CentreLook, { objects }: CentreObjects): CentreView {
  const { madeAtMs, comments, downtimes } = look;
  return {
    madeAtMs,
    comments,
    downtimes,
    object: ({ host, service }) => objects.get(centreKey(host, service)) ?? null,
  };
}

/** Null: a name that siteferry never gave an object, so nothing there is its own. */
export function objectAt(
  host: string,
  service: string,
): { readonly host: HostName; readonly service: ServiceDescription | null } | null {
  const hostName = parseHostName(host);
  if (isNameFault(hostName)) return null;
  if (service === "") return { host: hostName, service: null };
  const description = parseServiceDescription(service);
  return isNameFault(description) ? null : { host: hostName, service: description };
}

/** Nagios leaves the type as it was when it takes an acknowledgement away; the flag is what counts. */
export function acknowledgementOf(flag: string, type: string): number {
  return flag === "1" ? Math.max(1, wholeOf(type)) : 0;
}

const known = new Map<number, CentreObject>();

/** The same one for the same values: a centre has a hundred thousand of them. */
export function centreObject(
  hasBeenChecked: Flag,
  state: number,
  acknowledgement: number,
): CentreObject {
  const code = hasBeenChecked + 2 * (state & 7) + 16 * (acknowledgement & 3);
  const found = known.get(code);
  if (found !== undefined) return found;
  const made = { hasBeenChecked, state, acknowledgement };
  known.set(code, made);
  return made;
}

export function flagOf(text: string): Flag {
  return text === "1" ? 1 : 0;
}

/** Whole, and 0 for what is no number. */
export function wholeOf(text: string): number {
  const number = Math.trunc(Number(text));
  return Number.isSafeInteger(number) ? number : 0;
}
