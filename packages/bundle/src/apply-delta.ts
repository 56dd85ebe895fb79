// The centre's half of a delta: a keyframe and a delta on it → what the site looks like.

import {
  type Annotations,
  printable,
  Refusal,
  type HostKey,
  type ServiceKey,
  type States,
} from "@siteferry/model";
import { distinctEvents } from "./distinct-events.ts";
import type { BundleHeader } from "./header.ts";
import type { OpenedDelta, OpenedKeyframe } from "./open.ts";

/**
 * The keyframe's rows in their order, without those that are gone, the changed ones replaced, the new
 * ones last. `staleness` of the others is that of the keyframe's time. Of the events, oldest first, none
 * is there twice. Refuses as {@link checkBase} does, and with `delta-base` a key that is gone though it
 * never was there, and a delta of another format.
 */
export function applyDelta(keyframe: OpenedKeyframe, delta: OpenedDelta): States {
  checkBase(keyframe.header, delta.header);
  const known = applied.get(delta);
  if (known !== undefined) return known;
  const { changed, gone } = delta;
  const states = {
    hosts: merge(keyframe.states.hosts, changed.hosts, gone.hosts, hostKey),
    services: merge(keyframe.states.services, changed.services, gone.services, serviceKey),
    annotations: mergeAnnotations(keyframe, delta),
    events: distinctEvents(keyframe.states.events, changed.events),
  };
  applied.set(delta, states);
  return states;
}

/** A delta fits one keyframe only, so what they make together is made once. */
const applied = new WeakMap<OpenedDelta, States>();

/**
 * Asserts that `delta` was made against this very keyframe. Needs the headers only, so that it can be
 * judged before either is unpacked. Refuses with `delta-of-other-site`, `delta-base`,
 * `delta-base-hash`.
 */
export function checkBase(keyframe: BundleHeader, delta: BundleHeader): void {
  if (delta.site !== keyframe.site) {
    const sites = `a delta of ${delta.site} on a keyframe of ${keyframe.site}`;
    throw new Refusal("delta-of-other-site", sites);
  }
  const base = `epoch ${delta.epoch}, sequence ${delta.base?.sequence ?? "none"}`;
  if (delta.epoch !== keyframe.epoch || delta.base?.sequence !== keyframe.sequence) {
    const there = `epoch ${keyframe.epoch}, sequence ${keyframe.sequence}`;
    throw new Refusal("delta-base", `the delta is against ${base}; the keyframe is ${there}`);
  }
  if (delta.base.payloadHash !== keyframe.payloadHash) {
    throw new Refusal("delta-base-hash", `the delta is against another keyframe of ${base}`);
  }
  if (delta.configurationHash !== keyframe.configurationHash) {
    throw new Refusal("delta-base", "the delta belongs to another configuration than its keyframe");
  }
}

function mergeAnnotations(
  { states: { annotations } }: OpenedKeyframe,
  { changed: { annotations: changed }, gone }: OpenedDelta,
): Annotations | null {
  if (annotations === null && changed === null) return null;
  if (annotations === null || changed === null) {
    throw new Refusal("delta-base", "the delta is of another format than its keyframe");
  }
  return {
    comments: merge(annotations.comments, changed.comments, gone.comments, idKey),
    downtimes: merge(annotations.downtimes, changed.downtimes, gone.downtimes, idKey),
  };
}

/** The parts of a row's key. A text of both for each of 100,000 rows takes longer than all else here. */
interface KeyParts<Key> {
  readonly first: (key: Key) => string | number;
  /** Null: the first is all of it. */
  readonly second: (key: Key) => string | null;
}

const hostKey: KeyParts<HostKey> = { first: ({ name }) => name, second: () => null };
const idKey: KeyParts<{ readonly id: number }> = { first: ({ id }) => id, second: () => null };
const serviceKey: KeyParts<ServiceKey> = {
  first: ({ host_name }) => host_name,
  second: ({ description }) => description,
};

function merge<Row extends Key, Key>(
  rows: readonly Row[],
  changed: readonly Row[],
  gone: readonly Key[],
  { first, second }: KeyParts<Key>,
): readonly Row[] {
  if (changed.length + gone.length === 0) return rows;
  const news = new Map<string | number, Map<string | null, Row | null>>();
  const groupOf = (key: Key): Map<string | null, Row | null> => {
    const known = news.get(first(key));
    if (known !== undefined) return known;
    const group = new Map<string | null, Row | null>();
    news.set(first(key), group);
    return group;
  };
  for (const row of changed) groupOf(row).set(second(row), row);
  for (const key of gone) {
    const group = groupOf(key);
    if (group.has(second(key))) {
      throw misfit(first(key), second(key), "both changed and gone, or gone twice");
    }
    group.set(second(key), null);
  }
  const merged: Row[] = [];
  for (const row of rows) {
    const group = news.get(first(row));
    const now = group?.get(second(row));
    if (now === undefined) {
      merged.push(row);
      continue;
    }
    group?.delete(second(row));
    if (now !== null) merged.push(now);
  }
  for (const [one, group] of news) {
    for (const [other, row] of group) {
      if (row === null) throw misfit(one, other, "gone, and the keyframe hasn't got it");
      merged.push(row);
    }
  }
  return merged;
}

function misfit(first: string | number, second: string | null, problem: string): Refusal {
  const key = second === null ? String(first) : `${first};${second}`;
  return new Refusal("delta-base", `${printable(key)} is ${problem}`);
}
