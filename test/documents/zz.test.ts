import { test } from "vitest";
import { openPlace } from "./place.ts";
import { install } from "./set-up.ts";
import { livedump } from "./migration.ts";
import { beginLinks, toAProcess, livedumpBySsh, throughTheLogin, byHttp, pulled } from "./links.ts";
import { dmz } from "./examples.ts";
test("x", async () => {
  await using stack = new AsyncDisposableStack();
  const place = await openPlace(stack);
  await install(place);
  await livedump(place);
  for (const f of [
    beginLinks,
    dmz,
    beginLinks,
    toAProcess,
    livedumpBySsh,
    throughTheLogin,
    byHttp,
    pulled,
  ]) {
    const t = performance.now();
    try {
      await f(place);
    } catch (e) {
      console.log(f.name, e);
      console.log(await place.run("tail -n 5 /tmp/*.log /var/log/nagios4/nagios.log; true"));
      throw e;
    }
    console.log(f.name, performance.now() - t);
  }
});
