// What came of a site: in all, and over the last day in slots of half an hour. It lies in the site's record, which
// is read many times a minute: so the slots are one short text, which costs the reading next to nothing.

export const slotMs = 1_800_000;
export const slotsOfDay = 48;

export interface Traffic {
  /** Bundles that were kept, and their bytes, since the site's record began. */
  readonly bundles: number;
  readonly bytes: number;
  /** `SLOT BYTES/BUNDLES …`: the number of the newest slot since 1970, and at most a day of slots, oldest first. */
  readonly day: string;
}

export interface TrafficSlot {
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly bytes: number;
  readonly bundles: number;
}

export function trafficAfter(
  before: Traffic | undefined,
  sizeBytes: number,
  nowMs: number,
): Traffic {
  const slots = slotsUntil(before?.day ?? "", slotAt(nowMs));
  const newest = slots.entries.at(-1)!;
  newest.bytes += sizeBytes;
  newest.bundles += 1;
  const firstUsed = slots.entries.findIndex(({ bundles }) => bundles > 0);
  const used = slots.entries.slice(firstUsed).map(({ bytes, bundles }) => `${bytes}/${bundles}`);
  return {
    bundles: (before?.bundles ?? 0) + 1,
    bytes: (before?.bytes ?? 0) + sizeBytes,
    day: [slots.newest, ...used].join(" "),
  };
}

/** The slots of the day that ends now, oldest first; also those in which nothing came. */
export function trafficOfDay(traffic: Traffic | undefined, nowMs: number): readonly TrafficSlot[] {
  const { newest, entries } = slotsUntil(traffic?.day ?? "", slotAt(nowMs));
  return entries.map((entry, index) => ({
    fromMs: (newest - slotsOfDay + 1 + index) * slotMs,
    ...entry,
  }));
}

function slotAt(ms: number): number {
  return Math.floor(ms / slotMs);
}

interface Slots {
  readonly newest: number;
  readonly entries: { bytes: number; bundles: number }[];
}

/** A clock that was put back adds to the newest slot, unless that is days away: then the day begins anew. */
function slotsUntil(day: string, now: number): Slots {
  const [numberText = "", ...texts] = day.split(" ");
  const last = day === "" ? now : Number(numberText);
  const newest = last > now && last - now < slotsOfDay ? last : now;
  const entries = Array.from({ length: slotsOfDay }, () => ({ bytes: 0, bundles: 0 }));
  for (const [index, text] of texts.entries()) {
    const slot = last - texts.length + 1 + index;
    const entry = entries[slotsOfDay - 1 - (newest - slot)];
    const [bytes = 0, bundles = 0] = text.split("/").map(Number);
    if (entry !== undefined) Object.assign(entry, { bytes, bundles });
  }
  return { newest, entries };
}
