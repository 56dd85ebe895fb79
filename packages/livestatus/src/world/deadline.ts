// Ends a calculation that takes too long: a client's regular expression can run for years.

import { createContext, Script } from "node:vm";

const script = new Script("run()");
const context = createContext({});

/** What `run` returns, or null if it wasn't ready in time. It must not hold anything half-changed. */
export function within<T>(timeoutMs: number, run: () => T): T | null {
  let result: T;
  context["run"] = (): void => {
    result = run();
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
    return result!;
  } catch (error) {
    // Made in the other context, so no instance of this one's Error.
    if ((error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
    throw error;
  } finally {
    delete context["run"];
  }
}
