import { parseSiteId, type SiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { defaultListenBounds } from "./listen-bounds.ts";
import { type Held, Room } from "./room.ts";

const mebibyte = 1024 * 1024;
const siteOf = (number: number): SiteId => parseSiteId(`site${number}`)!;
const small = { bytesInFlightMax: 10, bytesOfSiteMin: 0 };

/** A body of `bytes` that comes and doesn't end, and the status that it was cut with. */
function coming(room: Room, site: number, bytes: number): Held & { status: number | null } {
  const body = Object.assign(room.hold(siteOf(site)), { status: null as number | null });
  body.whenCut(({ status }) => (body.status = status));
  body.grow(bytes);
  return body;
}

test("bytes count over all sites while they are held, and no longer", () => {
  const room = new Room(small);
  const [first, second] = [coming(room, 1, 5), coming(room, 2, 4)];
  second.grow(1);
  expect(() => second.grow(1)).toThrow("Too much");
  expect(() => second.grow(0)).toThrow("Too much");
  first.grow(5);
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  coming(room, 2, 10);
});

test("two sites whose bodies never end don't keep a third one out, neither its delta nor its keyframe", () => {
  const room = new Room(defaultListenBounds);
  const slow = [1, 1, 2, 2].map((site) => coming(room, site, 64 * mebibyte));
  const delta = coming(room, 3, 10_000);
  const keyframe = coming(room, 3, 0);
  for (let piece = 0; piece < 64; piece++) keyframe.grow(mebibyte);
  expect([delta.status, keyframe.status]).toEqual([null, null]);
  expect(slow.filter(({ status }) => status === 503)).toHaveLength(1 + 1);
});

test("two hundred sites upload at once, and so does one that takes much as long as there is room", () => {
  const room = new Room(defaultListenBounds);
  const bodies = [coming(room, 0, 50 * mebibyte)];
  for (let site = 1; site <= 200; site++) bodies.push(coming(room, site, mebibyte));
  expect(bodies.filter(({ status }) => status !== null)).toEqual([]);
});

test("a site's delta isn't cut for its own keyframe, nor is anybody's for a larger one", () => {
  const room = new Room(small);
  const [keyframe, other] = [coming(room, 1, 7), coming(room, 2, 3)];
  const delta = coming(room, 1, 1);
  expect([keyframe.status, delta.status, other.status]).toEqual([503, null, null]);
  expect(() => coming(room, 3, 7)).toThrow("Too much");
  expect([delta.status, other.status]).toEqual([null, null]);
});

test("what has come as a whole isn't cut; who comes then waits, but not with a delta", () => {
  const room = new Room({ ...small, bytesOfSiteMin: 2 });
  const whole = coming(room, 1, 10);
  whole.whenCut(null);
  const delta = coming(room, 2, 2);
  expect(() => delta.grow(1)).toThrow("Too much");
  const deltaOfTheSame = coming(room, 1, 2);
  expect([whole.status, deltaOfTheSame.status]).toEqual([null, null]);
});
