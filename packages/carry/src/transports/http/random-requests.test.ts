import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { askRandomly } from "@siteferry/testkit";
import { expect, test } from "vitest";
import type { FerryError } from "@siteferry/model";
import { remote1, remote2, senderTo, startListener, token } from "./test-http.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const upload = `/v1/sites/remote1/bundles/${name}`;
const bounds = { headersMs: 300, bodyTickMs: 100, lingerMs: 50, turnMs: 20 };

test(
  "10,000 random requests: each is answered with 4xx or what it asked for, and an honest site's bundles go through",
  { timeout: 180_000 },
  async () => {
    const receipt = Buffer.from("receipt\n");
    const warnings: FerryError[] = [];
    await using listener = await startListener(async () => receipt, { bounds, warnings });
    await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote2);
    let isOver = false;
    let sent = 0;
    let memoryBytes = 0;
    const honest = async (): Promise<void> => {
      while (!isOver) {
        const bundle = { name: name.replace("remote1", "remote2"), content: randomBytes(100_000) };
        expect(await sender.send(bundle)).toEqual(receipt);
        sent += 1;
        await pause(50);
        memoryBytes = Math.max(memoryBytes, process.memoryUsage().arrayBuffers);
      }
    };
    const work = askRandomly({
      port: listener.port,
      count: 10_000,
      targets: [
        upload,
        upload,
        "/v1/health",
        "/v1/sites/remote1/access",
        "/",
        "/v1/sites/%00/access",
      ],
      methods: "PUT PUT PUT GET GET HEAD POST CONNECT BREW".split(" "),
      logins: [
        `Authorization: Bearer ${token(remote1)}`,
        `Authorization: Bearer ${token(remote1)}`,
        `Authorization: Bearer ${token(remote2)}`,
        "X: y",
      ],
      // Who is let in and ends the line within the body isn't there any more.
      mayBeSilent: (request) =>
        !/[^\r\n]/.test(request) ||
        (request.startsWith("PUT /v1/sites/") && request.includes(token(remote1))),
      allowed: [200, 400, 401, 403, 404, 405, 408, 411, 413, 417, 429, 431],
    }).finally(() => (isOver = true));
    const [statuses] = await Promise.all([work, honest()]);
    for (const status of [200, 400, 401, 404, 405, 408, 411, 417, 431]) {
      expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(10);
    }
    expect(sent).toBeGreaterThan(10);
    expect(memoryBytes).toBeLessThan(256 * 1024 * 1024);
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(["login-refused"]));
    expect(warnings).toHaveLength(10);
  },
);
