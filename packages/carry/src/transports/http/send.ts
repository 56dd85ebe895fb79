// http, the sending half: puts a bundle to the centre's listener, and brings its receipt back.

import { limits, type SiteId } from "@siteferry/model";
import type { Probed, SendingTransport } from "../../transport.ts";
import { type Answer, type HttpClient, httpClient, type HttpClientOptions } from "./client.ts";
import { answerFailure } from "./failures.ts";
import { accessPath, uploadPath } from "./route.ts";
import { httpTraits } from "./traits.ts";

export interface HttpSendOptions extends HttpClientOptions {
  /** The sending site. */
  readonly site: SiteId;
}

export function httpSender(options: HttpSendOptions): SendingTransport {
  const client = httpClient(options);
  return {
    name: client.where,
    traits: httpTraits,
    async send({ name, content, onSent }) {
      const answer = await client.ask({
        method: "PUT",
        path: uploadPath(options.site, name),
        body: content,
        onSent,
        answerBytesMax: limits.receiptBytesMax,
      });
      if (answer.status === 200) return answer.body;
      if (answer.status === 204) return null;
      throw answerFailure(answer, client.where);
    },
    probe: () => probeCentre(client, options.site),
    close: client.close,
  };
}

async function probeCentre(client: HttpClient, site: SiteId): Promise<Probed> {
  const ask = (path: string): Promise<Answer> =>
    client.ask({ method: "GET", path, answerBytesMax: limits.receiptBytesMax });
  const access = await ask(accessPath(site));
  if (access.status === 200)
    return { seen: `answers, and lets ${site} in`, clock: clockOf(access) };
  if (access.status !== 404) throw answerFailure(access, client.where);
  // A receiver from before this question; what isn't one has no such page either.
  const health = await ask("v1/health");
  if (health.status !== 200) throw answerFailure(access, client.where);
  const seen = `answers; whether it lets ${site} in it can't tell: its version is older`;
  return { seen, clock: clockOf(health) };
}

function clockOf({ headers }: Answer): Probed["clock"] {
  const saidMs = Date.parse(String(headers["date"] ?? ""));
  return Number.isNaN(saidMs) ? null : { saidMs, atMs: Date.now() };
}
