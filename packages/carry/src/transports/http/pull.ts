// http, pulled: the site's outbox lies on any web server, and the centre fetches from it. Nothing can
// be deleted there; what was taken is remembered here, and the site itself takes the superseded away.

import { createHash } from "node:crypto";
import {
  FerryError,
  type FileSystem,
  parseBundleName,
  type Random,
  type SiteId,
} from "@siteferry/model";
import { type IndexEntry, indexBytesMax, indexName, parseIndex } from "../../outbox-index.ts";
import type { IncomingFile, ReceivingTransport } from "../../transport.ts";
import { type HttpClient, httpClient, type HttpClientOptions } from "./client.ts";
import { answerFailure } from "./failures.ts";
import { PullMemory } from "./pull-memory.ts";
import { httpPullTraits } from "./traits.ts";

export interface HttpPullOptions extends HttpClientOptions {
  /** The one site whose outbox it is. */
  readonly site: SiteId;
  /** Where to remember what was fetched. */
  readonly stateDirectory: string;
}

export function httpPullReceiver(
  world: { readonly files: FileSystem; readonly random: Random },
  options: HttpPullOptions,
): ReceivingTransport {
  const client = httpClient(options);
  const { site, stateDirectory } = options;
  const hash = createHash("sha256").update(options.url.href).digest("hex").slice(0, 16);
  const memory = new PullMemory(world, stateDirectory, `http-pull-${hash}`);
  return {
    name: `http-pull:${client.where}`,
    traits: httpPullTraits,
    async incoming(countPerSite) {
      const content = await get(client, indexName, indexBytesMax);
      const all = parseIndex(content, `${client.where}/${indexName}`);
      const offered = all.filter(({ name }) => parseBundleName(name)?.site === site);
      const unknown = await memory.unknown(offered);
      return unknown
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, countPerSite)
        .map((entry) => incomingFile(client, entry, site, () => memory.remember(entry, offered)));
    },
    // Nobody tells when something comes: the schedule looks.
    async watch() {},
    close: client.close,
  };
}

function incomingFile(
  client: HttpClient,
  { name, sizeBytes, sha256 }: IndexEntry,
  site: SiteId,
  remove: () => Promise<void>,
): IncomingFile {
  const from = `${client.where}/${name}`;
  return {
    name,
    from: `http-pull:${from}`,
    site,
    remove,
    async read() {
      const content = await get(client, name, sizeBytes);
      if (createHash("sha256").update(content).digest("hex") === sha256) return content;
      throw new FerryError(
        "link-protocol",
        `${from} isn't what ${indexName} says: ${content.length} of ${sizeBytes} bytes, or others`,
      );
    },
  };
}

async function get(
  client: HttpClient,
  name: string,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await client.ask({ method: "GET", path: name, answerBytesMax: bytesMax });
  if (answer.status === 200) return answer.body;
  throw answerFailure(answer, `${client.where}/${name}`);
}
