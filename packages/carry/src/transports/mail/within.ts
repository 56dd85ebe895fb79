// A deadline for one step: what doesn't end in time is ended.

import { FerryError } from "@siteferry/model";

/** @param end Breaks off what is under way. @throws FerryError `link-timeout` */
export async function within<Result>(
  ms: number,
  what: string,
  work: Promise<Result>,
  end: () => void,
): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new FerryError("link-timeout", `${what}: no end after ${Math.ceil(ms / 1000)} s`));
    end();
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // Whatever it says after its end, nobody hears.
    work.catch(() => {});
  }
}
