// A site whose Livestatus answers at the addresses that the documents name, on the copied machine, and
// prints the commands that it gets: `node site.ts unix:PATH tcp:HOST:PORT …`

import { chmod } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite } from "@siteferry/testkit";

const { source } = makeFakeSite({ hosts: 3, servicesPerHost: 4, seed: 1, clock: Date });
const command = (line: string): void => void process.stdout.write(`${line}\n`);
for (const address of process.argv.slice(2)) {
  await serve(parseAddress(address), { ...source, command }, {});
  if (address.startsWith("unix:")) await chmod(address.slice("unix:".length), 0o666);
}
command("ready");
