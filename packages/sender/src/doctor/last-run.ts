// Whether something runs the sender at all: what `siteferry check --sender` says.

import { type Check, fail, ok, warning } from "@siteferry/agent";
import { readSenderFacts } from "../health/facts.ts";
import { judgeSender } from "../health/judge.ts";
import type { SenderSubject } from "./subject.ts";

const usual = { warning: 2, critical: 4 };

export const lastRun: Check<SenderSubject> = {
  name: "last run",
  async run({ world, settings, spool }) {
    const facts = await readSenderFacts(world.files, spool);
    const health = judgeSender(facts, settings, usual, world.clock.now());
    const reasons = health.details.length === 0 ? "" : `; ${health.details.join("; ")}`;
    const what = `${health.summary}${reasons}`;
    const todo =
      facts.sealedMs === null && facts.failure === null
        ? "Once all else here is well: siteferry send --once; then cron or systemd."
        : facts.failure !== null
          ? `siteferry explain ${facts.failure.code} says what to do.`
          : "Does cron or systemd run it, as this user? Its log says what went wrong; siteferry outbox what waits.";
    return [health.state === 0 ? ok(what) : (health.state === 2 ? fail : warning)(what, todo)];
  },
};
