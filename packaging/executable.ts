// Where the single executable begins, in place of the cli's bin.js: without `await` at the top, which
// CommonJS hasn't got. Called as `livedump`, by a link, it is livedump, as from the sources.

import { basename } from "node:path";

void run();

async function run(): Promise<void> {
  const { SITEFERRY_CALLED: script } = process.env;
  delete process.env["SITEFERRY_CALLED"];
  const { main } = await (basename(script ?? process.argv0) === "livedump"
    ? import("@siteferry/cli/livedump")
    : import("@siteferry/cli/main"));
  process.exitCode = await main(process.argv, script);
}
