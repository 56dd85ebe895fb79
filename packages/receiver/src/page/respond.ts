// From a request to its answer: which pages there are, who may ask for what, and the headers of all answers.

import { parseSiteId } from "@siteferry/model";
import { isExpectedHost } from "./expected-host.ts";
import { icon } from "./frame.ts";
import { overviewPage } from "./overview.ts";
import type { PageFacts } from "./page-facts.ts";
import { troubleOf } from "./run-record.ts";
import { sitePage } from "./site-page.ts";
import { policy } from "./style.ts";

export interface PageRequest {
  readonly method: string;
  /** As it stands in the first line. */
  readonly target: string;
  /** Its headers `Host`. */
  readonly hosts: readonly string[];
  readonly hasBody: boolean;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PageSources {
  /** Names of this server. */
  readonly names: readonly string[];
  readonly facts: () => Promise<PageFacts>;
  readonly metrics: (facts: PageFacts) => Promise<string>;
}

const common: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const targetMax = 200;
const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export async function respond(request: PageRequest, sources: PageSources): Promise<PageAnswer> {
  const { method, target, hosts, hasBody } = request;
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "Here is only to be read: GET and HEAD\n", { allow: "GET, HEAD" });
  }
  if (hasBody) return plain(413, "Nothing is taken here\n");
  if (target.length > targetMax) return plain(414, "There is nothing behind so long a path\n");
  if (!target.startsWith("/")) return plain(400, "Ask for a path that begins with /\n");
  if (hosts.length > 1) return plain(400, "One Host is enough\n");
  if (!isExpectedHost(hosts[0], sources.names)) {
    return plain(421, "Not this server's name: page.names in receiver.yaml lists them\n");
  }
  return await read(target, sources);
}

async function read(target: string, { facts, metrics }: PageSources): Promise<PageAnswer> {
  if (target === "/icon.svg") return answer(200, "image/svg+xml", icon);
  if (target === "/") return page(String(overviewPage(await facts())));
  if (target === "/metrics") return answer(200, metricsType, await metrics(await facts()));
  if (target === "/v1/health") {
    const { runs, freeSpace, nowMs } = await facts();
    const trouble = troubleOf(runs, freeSpace, nowMs);
    return trouble === null ? plain(200, "ok\n") : plain(503, `${trouble}\n`);
  }
  const site = parseSiteId(/^\/sites\/([^/]+)$/.exec(target)?.[1] ?? "");
  const all = site === null ? null : await facts();
  const view = all?.sites.find((one) => one.facts.site === site);
  if (all && view) return page(String(sitePage(all, view)));
  return plain(404, "Here are /, /sites/SITE, /metrics and /v1/health\n");
}

function page(body: string): PageAnswer {
  return answer(200, "text/html; charset=utf-8", body);
}

export function plain(
  status: number,
  body: string,
  more: Readonly<Record<string, string>> = {},
): PageAnswer {
  return answer(status, "text/plain; charset=utf-8", body, more);
}

function answer(
  status: number,
  type: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): PageAnswer {
  return { status, headers: { ...common, "content-type": type, ...more }, body };
}
