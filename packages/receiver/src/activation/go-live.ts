// The last steps of an activation: switch, reload, see the core live with it; or back. Each step is
// durable before it is done, so that a run after a crash goes on where it was.

import { type GenerationId, objectsIn } from "@siteferry/apply";
import { FerryError, errorFields, explain } from "@siteferry/model";
import { type ActivationRecord, type PendingActivation, saveActivation } from "./record.ts";
import { cacheStamp, type OpenTarget, readObjectCache } from "./target.ts";

/** How long a run waits for the core; then it goes on, and the next one looks again. */
const patienceMs = 10_000;
const lookMs = 100;
/** Earlier generations that stay for `siteferry config rollback`. */
const historyMax = 3;

/** Begins to make `generation` live; {@link finish} does the rest, also in a later run. */
export async function begin(
  target: OpenTarget,
  record: ActivationRecord,
  generation: GenerationId,
): Promise<ActivationRecord> {
  const { world, directory, generations } = target;
  const before = await generations.live();
  const pending = { generation, before, reloadedMs: null, cacheBefore: "", undo: null };
  return await saveActivation(world, directory, { ...record, inputs: "", pending });
}

/** Brings what is pending as far as the core lets it. Null in `pending` of what returns: it is done. */
export async function finish(
  target: OpenTarget,
  record: ActivationRecord,
): Promise<ActivationRecord> {
  let current = record;
  const save = async (changes: Partial<ActivationRecord>): Promise<ActivationRecord> =>
    (current = await saveActivation(target.world, target.directory, { ...current, ...changes }));

  const { pending } = current;
  if (pending === null) return await lookAgain(target, current);
  if (pending.undo !== null) return await takeBack(target, current, pending, pending.undo);
  const { generation } = pending;
  let reloaded = pending;
  if (pending.reloadedMs === null) {
    // Of a generation that somebody cut meanwhile nothing must become live.
    if ((await target.generations.read(generation)) === null) {
      target.world.log.error({ generation }, "The objects to go live are gone from the disk");
      return await save({ pending: null });
    }
    const isRunning = await isAnswering(target);
    await target.generations.switchTo(generation);
    reloaded = { ...pending, cacheBefore: await cacheStamp(target) };
    const trouble = isRunning === false ? notRunning : await reload(target);
    if (trouble === notRunning) {
      target.world.log.warn({}, "The core doesn't run: it reads the new objects when it starts");
      return await save({ ...confirmed(current, pending), unseen: reloaded.cacheBefore });
    }
    if (trouble !== null) return await takeBack(target, current, pending, trouble);
    reloaded = { ...reloaded, reloadedMs: target.world.clock.now() };
    await save({ pending: reloaded, reloadedMs: target.world.clock.now() });
  } else if (pending.reloadedMs > target.world.clock.now()) {
    // The clock was put back: it is waited for from now on.
    reloaded = { ...pending, reloadedMs: target.world.clock.now() };
    await save({ pending: reloaded });
  }
  const health = await watchHealth(target, reloaded);
  if (health === "well") return await save(confirmed(current, pending));
  if (health === "not yet") return current;
  return await takeBack(target, current, reloaded, health.trouble);
}

/**
 * A core that didn't answer may have been reading its objects just then, and still work with those of
 * before: it is told again when it answers.
 */
async function lookAgain(target: OpenTarget, record: ActivationRecord): Promise<ActivationRecord> {
  const { live, unseen } = record;
  if (live === null || unseen === null) return record;
  const answers = await isAnswering(target);
  const stamp = await cacheStamp(target);
  const isAsBefore = answers === null && stamp === unseen;
  const isStarting = stamp === "" && target.main?.object_cache_file !== undefined;
  if (answers === false || isAsBefore || isStarting) return record;
  const seen = { ...record, unseen: null };
  // What it hasn't read anew may also have objects that are gone.
  if (stamp === unseen || (await missingObjects(target, live)) !== "") {
    return await finish(target, await begin(target, seen, live));
  }
  return await saveActivation(target.world, target.directory, seen);
}

function confirmed(
  { live, history, held }: ActivationRecord,
  { generation, before }: PendingActivation,
): Partial<ActivationRecord> {
  const left = before ?? live;
  // The operator who goes back once more means further back, not forth again.
  const all = held ? history : [left, ...history];
  const earlier = all.filter((id) => id !== null && id !== generation);
  return {
    unseen: null,
    live: generation,
    history: [...new Set(earlier as GenerationId[])].slice(0, historyMax),
    pending: null,
    failed: null,
  };
}

async function takeBack(
  target: OpenTarget,
  record: ActivationRecord,
  pending: PendingActivation,
  reason: string,
): Promise<ActivationRecord> {
  const { world, directory, generations } = target;
  const { generation, before } = pending;
  if (pending.undo === null) {
    await saveActivation(world, directory, { ...record, pending: { ...pending, undo: reason } });
    const failure = new FerryError("activation-failed", reason);
    world.log.error(
      { ...errorFields(failure), generation, back: before },
      "New objects were taken back: the core didn't live well with them",
    );
  }
  await generations.switchTo(before);
  const trouble = await reload(target);
  if (trouble !== null) {
    const failure = new FerryError("activation-failed", trouble);
    world.log.error(
      errorFields(failure),
      "The core couldn't be told to load the objects of before",
    );
  }
  return await saveActivation(world, directory, {
    ...record,
    inputs: "",
    unseen: null,
    live: before,
    pending: null,
    failed: { generation, reason },
    reloadedMs: world.clock.now(),
  });
}

const notRunning = "The core doesn't run";

/** Null: the core was told. Else why it couldn't be. */
async function reload({ world, core, main }: OpenTarget): Promise<string | null> {
  if (main === null) return null;
  const { reload: command, timeout } = main.activate;
  try {
    if (command === undefined) return await restartByCommand();
    const { status, output } = await core.run(command, timeout);
    if (status === 0) return null;
    const how = status === null ? `didn't end in ${timeout / 1000} s` : `ended with ${status}`;
    return `${command.join(" ")} ${how}: ${output.trim().slice(-300)}`;
  } catch (error) {
    return explain(error, "Reloading the core").message;
  }

  async function restartByCommand(): Promise<string | null> {
    const pipe = main?.command_file;
    if (pipe === undefined) return `${main?.activate.config} names no command_file`;
    const now = Math.floor(world.clock.now() / 1000);
    const isRead = await core.command(pipe, `[${now}] RESTART_PROGRAM\n`);
    return isRead ? null : notRunning;
  }
}

/** Null: the core can't be asked. */
async function isAnswering({ core, main }: OpenTarget): Promise<boolean | null> {
  return main?.query_socket === undefined ? null : await core.answers(main.query_socket);
}

type Health = "well" | "not yet" | { readonly trouble: string };

async function watchHealth(target: OpenTarget, pending: PendingActivation): Promise<Health> {
  const { world, core, main } = target;
  if (main === null) return "well";
  const { timeout } = main.activate;
  world.progress?.begin("The core loads the objects");
  let beganMs = world.clock.now();
  let sinceMs = pending.reloadedMs ?? beganMs;
  let stamp = "";
  let missing = "the core hasn't written its object cache";
  for (;;) {
    const written = await cacheStamp(target);
    if (written !== stamp && written !== pending.cacheBefore) {
      missing = await missingObjects(target, pending.generation);
      stamp = written;
    }
    const isComplete = missing === "" || main.object_cache_file === undefined;
    const answers = await isAnswering(target);
    if (isComplete && answers !== false) return "well";
    const now = world.clock.now();
    // A clock that was put back must neither end it nor make it wait for ever.
    [beganMs, sinceMs] = [Math.min(beganMs, now), Math.min(sinceMs, now)];
    if (now - sinceMs > timeout) {
      return { trouble: answers === false ? "the core doesn't answer any more" : missing };
    }
    if (now - beganMs >= patienceMs) return "not yet";
    await core.wait(lookMs);
  }
}

/** "" if the core has loaded all objects of the generation. */
async function missingObjects(target: OpenTarget, generation: GenerationId): Promise<string> {
  const files = await target.generations.read(generation);
  const known = await readObjectCache(target);
  if (files === null) return "the new objects are gone from the disk";
  if (known === null) return "the core's object cache can't be read";
  let wanted = 0;
  const missing: string[] = [];
  for (const key of objectsIn(files)) {
    wanted += 1;
    if (!known.has(key)) missing.push(key);
  }
  return missing.length === 0
    ? ""
    : `the core hasn't loaded ${missing.length} of ${wanted} objects, such as ${missing[0]}`;
}
