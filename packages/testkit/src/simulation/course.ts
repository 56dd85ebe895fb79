// The course of a run: days in steps; in each of them chance picks what happens and what goes wrong.
// After the faults have stopped, two keyframes have to make all well again.

import { keyframeMs } from "./agents.ts";
import { forge } from "./forgery.ts";
import { type Fate, longLife } from "./life.ts";
import { noLinkTroubles } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { Remote, Scene } from "./scene.ts";
import { noSiteTroubles } from "./site-client.ts";

export interface CourseOptions {
  /** Steps with faults, before those without. */
  readonly steps: number;
  /** Whether a sender's disk may be replaced by an older snapshot of itself. */
  readonly restores: boolean;
}

const minuteMs = 60_000;
const pausesMinutes = [1, 1, 1, 1, 2, 5, 5, 10, 20, 20, 61, 180];
const clockStepsMinutes = [-1500, -120, -20, -3, 3, 8, 20, 120, 1500];

/** Runs a scene to its end, or to the first thing that is wrong. */
export async function runCourse(scene: Scene, options: CourseOptions): Promise<readonly string[]> {
  const { wrong } = scene.witness;
  await scene.prepare();
  for (let step = 0; step < options.steps && wrong.length === 0; step++) {
    goWrong(scene, options);
    await forgeNowAndThen(scene);
    await act(scene);
  }
  if (wrong.length === 0) await calm(scene);
  return wrong;
}

/** A step with faults. */
async function act(scene: Scene): Promise<void> {
  const { dice, remotes, centre } = scene;
  scene.pass(pick(scene, pausesMinutes) * minuteMs);
  for (const remote of remotes) {
    const { site, machine } = remote;
    scene.runChecks(remote, dice.between(0, 0.7));
    if (dice.falls(0.04)) site.restart(Math.floor(machine.nowMs() / 1000));
    if (dice.falls(0.8)) await scene.send(remote, fateOf(scene, machine));
  }
  if (dice.falls(0.75)) await scene.receive(fateOf(scene, centre));
  // Asleep for hours now and then, because steps are long.
  if (dice.falls(0.3)) return;
  try {
    if (dice.falls(0.5)) await scene.coreReloads();
    await scene.coreReads(dice.falls(0.05));
    if (dice.falls(0.3)) await scene.receive(fateOf(scene, centre));
  } catch (error) {
    // The core's disk is full, too.
    scene.say("core", String(error));
  }
}

function fateOf({ dice }: Scene, machine: Machine): Fate {
  if (dice.falls(0.1)) {
    const diesAt = 1 + Math.floor(dice.fraction() * machine.callsOfLast * 1.1);
    const moment = (["before", "within", "after"] as const)[Math.floor(dice.between(0, 3))]!;
    return { diesAt, moment, failing: 0 };
  }
  return dice.falls(0.06) ? { ...longLife, failing: dice.between(0, 0.1) } : longLife;
}

function goWrong(scene: Scene, { restores }: CourseOptions): void {
  const { dice, centre, remotes } = scene;
  for (const machine of [centre, ...remotes.map((remote) => remote.machine)]) {
    if (dice.falls(0.04)) fillDisk(scene, machine);
    else if (dice.falls(0.4)) machine.disk.capacityBytes = Number.POSITIVE_INFINITY;
    const before = machine.clockOffMs;
    if (dice.falls(0.02)) machine.clockOffMs = pick(scene, clockStepsMinutes) * minuteMs;
    else if (dice.falls(0.1)) machine.clockOffMs = 0;
    scene.centreStepped ||= machine === centre && machine.clockOffMs !== before;
  }
  if (dice.falls(0.02)) scene.keyLost = pick(scene, remotes).site.id;
  else if (dice.falls(0.3)) scene.keyLost = null;
  for (const remote of remotes) {
    if (dice.falls(0.15)) troubleLink(scene, remote);
    if (dice.falls(0.05)) remote.link.replay();
    const share = (): number => (dice.falls(0.1) ? dice.between(0, 0.3) : 0);
    remote.troubles = { unreachable: share(), cut: share(), restart: share() / 4 };
    if (restores) restoreNowAndThen(scene, remote);
  }
}

function fillDisk(scene: Scene, { disk, name }: Machine): void {
  disk.capacityBytes = disk.usedBytes() + Math.floor(scene.dice.between(0, 6000));
  scene.say(name, `has ${disk.capacityBytes - disk.usedBytes()} bytes left`);
}

function troubleLink(scene: Scene, { link, site }: Remote): void {
  const { dice } = scene;
  const kind = dice.fraction();
  link.troubles = noLinkTroubles;
  if (kind < 0.15) link.troubles = { ...noLinkTroubles, down: true };
  if (kind > 0.4) {
    link.troubles = {
      down: false,
      lost: dice.between(0, 0.6),
      doubled: dice.between(0, 0.4),
      damaged: dice.between(0, 0.1),
      renamed: dice.between(0, 0.1),
      delayMaxMs: dice.between(0, 4 * keyframeMs),
    };
  }
  scene.say(site.id, `link ${kind < 0.15 ? "down" : kind > 0.4 ? "bad" : "good"}`);
}

function restoreNowAndThen(scene: Scene, remote: Remote): void {
  const { dice } = scene;
  const { machine, snapshot } = remote;
  if (dice.falls(0.03)) remote.snapshot = machine.disk.clone();
  if (snapshot === null || !dice.falls(0.015)) return;
  machine.disk = snapshot.clone();
  machine.powerCut();
  scene.say(machine.name, "its disk was restored from a snapshot");
}

async function forgeNowAndThen(scene: Scene): Promise<void> {
  const { dice, remotes, keys, witness } = scene;
  if (!dice.falls(0.02)) return;
  const by = pick(scene, remotes);
  const inOwnName = dice.falls(0.5);
  const claims = inOwnName
    ? by
    : pick(
        scene,
        remotes.filter((remote) => remote !== by),
      );
  if (claims === undefined) return;
  const createdMs = by.machine.nowMs();
  const place = {
    epoch: Math.floor(createdMs / 1000),
    sequence: 1 + Math.floor(dice.between(0, 300)),
  };
  const host = inOwnName ? "evil" : "host-0";
  const names = { by: by.site.id, claims: claims.site.id, host };
  const { name, content } = await forge(keys, { ...names, ...place, createdMs });
  witness.forged(content, inOwnName);
  by.link.put(name, content, 0);
  scene.say(by.site.id, `forges ${name}`);
}

/** No fault any more, clocks right and later than any that was ever shown: all has to arrive. */
async function calm(scene: Scene): Promise<void> {
  const { centre, remotes, witness } = scene;
  scene.say("all", "the faults stop");
  scene.keyLost = null;
  for (const machine of [centre, ...remotes.map((remote) => remote.machine)]) {
    machine.clockOffMs = 0;
    machine.disk.capacityBytes = Number.POSITIVE_INFINITY;
  }
  for (const remote of remotes) {
    remote.link.troubles = noLinkTroubles;
    remote.troubles = noSiteTroubles;
  }
  // A day later: only so many epochs, which begin with each start of a machine, are taken in a day.
  scene.pass(Math.max(0, scene.latestMs - scene.trueMs) + 25 * keyframeMs);
  scene.calmMs = scene.trueMs;
  const rounds = 4;
  const settling = 3;
  for (let round = 0; round < rounds + settling && witness.wrong.length === 0; round++) {
    scene.pass(round < rounds ? (2 * keyframeMs) / rounds + minuteMs : minuteMs);
    for (const remote of remotes) {
      // If the centre's clock stepped, a file that the core dropped may be taken for one that it read:
      // then the next check of the object makes it well.
      const share = scene.centreStepped && round + 1 === rounds ? 1 : 0.15;
      if (round < rounds) scene.runChecks(remote, share);
      await scene.send(remote, longLife);
    }
    await scene.receive(longLife);
    await scene.coreReloads();
    await scene.coreReads(false);
    // From the operator's word on it takes two keyframes again.
    if (await scene.forgetOrder()) round = -1;
  }
  if (witness.wrong.length === 0) scene.compare();
}

function pick<Item>({ dice }: Scene, items: readonly Item[]): Item {
  return items[Math.floor(dice.fraction() * items.length)]!;
}
