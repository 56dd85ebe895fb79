// Bundles that come more than once and in any order, through both halves of a transport and the server
// between them: the final state is the newest, and the core is told each once.

import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  type Door,
  dropReceiver,
  dropSender,
  httpPullReceiver,
  type OutgoingBundle,
  type SendingTransport,
  sshCommandSender,
  sshDirectorySender,
  sshExecSender,
  sshReceiver,
} from "@siteferry/carry";
import { noSecrets, senderTo, startListener, token } from "@siteferry/carry/test-http";
import { type FileSystem, parseBundleName, type SiteId } from "@siteferry/model";
import {
  expectNewestOnce,
  type Ground,
  runs,
  sealFew,
  sealOneOfEach,
} from "@siteferry/receiver/test-courses";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { expect, test } from "vitest";
import { files, makeClient, openCentre, random, together } from "./ssh-ground.ts";

const sites = Array.from({ length: 10 }, (_, index) => `remote${index + 1}` as SiteId);
const siteOf = ({ name }: { readonly name: string }): SiteId => parseBundleName(name)!.site;
const doubled = `doubled and reordered, ${runs} times`;
const timeout = 300_000;

/** One after the other of each site, and all sites at once. */
async function eachSite(
  bundles: readonly OutgoingBundle[],
  send: (bundle: OutgoingBundle) => Promise<unknown>,
): Promise<void> {
  const ways = Map.groupBy(bundles, siteOf).values();
  await Promise.all(
    [...ways].map(async (own) => {
      for (const bundle of own) await send(bundle);
    }),
  );
}
const noSshd = missingFor("sshd");

/** One door for all courses: each leads to the receiver of the course that is on. */
function changingDoor() {
  let current: Door | null = null;
  const door: Door = async (arrival) => await current!(arrival);
  return {
    door,
    open: async ({ centre, files: inMemory }: Ground) => {
      current = await centre.door(inMemory);
    },
  };
}

test(`${doubled}: by http, on several connections at once`, { timeout }, async () => {
  await using stack = together();
  const { door, open } = changingDoor();
  const access = new Map(sites.map((each) => [each, { token: token(each), certificate: null }]));
  const { port } = stack.use(await startListener(door, { access }));
  const senders = new Map(
    sites.map((each) => [each, stack.use(senderTo(`http://127.0.0.1:${port}`, each))]),
  );
  await expectNewestOnce(sites.length, async (ground) => {
    await open(ground);
    return {
      async deliver(bundles) {
        const sending = bundles.map((bundle) => senders.get(siteOf(bundle))!.send(bundle));
        for (const receipt of await Promise.all(sending)) expect(receipt).not.toBeNull();
      },
      start: () => [],
    };
  });
});

/** Hands out a directory of the course. At times its first answer is one from before, as caches give it. */
async function openWebServer(stack: AsyncDisposableStack) {
  let now: { readonly files: FileSystem; readonly root: string } | null = null;
  const stale = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = `${now!.root}${request.url}`;
    const old = stale.get(path);
    stale.delete(path);
    const content = old ?? now!.files.read(path, 1e6);
    void Promise.resolve(content).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    stale,
    url: (each: SiteId) => new URL(`http://127.0.0.1:${port}/${each}/`),
    serve: (inMemory: FileSystem, root: string) => {
      now = { files: inMemory, root };
      stale.clear();
    },
  };
}

test(`${doubled}: in an outbox that is fetched by http`, { timeout }, async () => {
  await using stack = together();
  const web = await openWebServer(stack);
  await expectNewestOnce(
    sites.length,
    async ({ centre, files: inMemory, dice }) => {
      const world = { files: inMemory, random };
      const root = `${centre.path}/outboxes`;
      const stateDirectory = `${centre.path}/pull`;
      web.serve(inMemory, root);
      // What is superseded is taken away, and may come again; or it stays, and an old index hides it.
      const collapse = dice.falls(1 / 2);
      const outboxes = new Map<SiteId, SendingTransport>();
      for (const each of sites) {
        const dir = `${root}/${each}`;
        await inMemory.makeDirectory(dir, 0o755);
        await inMemory.writeNew(
          `${dir}/index.json`,
          Buffer.from('{"siteferry":1,"bundles":[]}'),
          0o644,
        );
        outboxes.set(each, dropSender(world, { dir, site: each, index: true, collapse }));
      }
      return {
        async deliver(bundles) {
          for (const bundle of bundles) {
            const index = `${root}/${siteOf(bundle)}/index.json`;
            if (!collapse && dice.falls(1 / 4))
              web.stale.set(index, await inMemory.read(index, 1e6));
            await outboxes.get(siteOf(bundle))!.send(bundle);
          }
        },
        start: () =>
          sites.map((each) =>
            httpPullReceiver(world, {
              url: web.url(each),
              secrets: async () => noSecrets,
              proxy: "none",
              timeoutMs: 20_000,
              site: each,
              stateDirectory,
            }),
          ),
      };
    },
    sealFew,
  );
});

test.skipIf(noSshd !== null)(
  `${doubled}: by ssh into a process at the centre, by ssh2 and by a command`,
  { timeout },
  async () => {
    await using stack = together();
    const { door, open } = changingDoor();
    const client = stack.use(await makeClient());
    const centre = stack.use(
      await openCentre(async (content) => {
        const receipt = await door({ from: "ssh", site: null, content });
        return { status: 0, text: receipt ?? "" };
      }),
    );
    const restriction = `restrict,command="exec ${centre.quick.join(" ")}"`;
    const sshd = stack.use(
      await startSshd({ authorizedKeys: [`${restriction} ${client.publicKey}`] }),
    );
    const connection = await client.to(sshd);
    const byCommand = sshCommandSender({ command: centre.quick, timeoutMs: 60_000 });
    // A session for each site, kept for all courses.
    const bySession = new Map(
      sites.map((each) => {
        const sender = sshExecSender(files, { connection, site: each });
        stack.defer(() => sender.close());
        return [each, sender];
      }),
    );
    await expectNewestOnce(
      sites.length,
      async (ground) => {
        await open(ground);
        return {
          deliver: async (bundles) =>
            await eachSite(bundles, async (bundle) => {
              const bySsh2 = ground.dice.falls(9 / 10);
              const sender = bySsh2 ? bySession.get(siteOf(bundle))! : byCommand;
              expect(await sender.send(bundle)).not.toBeNull();
            }),
          start: () => [],
        };
      },
      sealOneOfEach,
    );
  },
);

/** Directories on a real disk, behind a real sshd. */
async function openSftp(stack: AsyncDisposableStack) {
  const client = stack.use(await makeClient());
  const { path } = stack.use(await makeTemporaryDirectory("delivery"));
  const sshd = stack.use(await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }));
  return { path, connection: await client.to(sshd) };
}

test.skipIf(noSshd !== null)(`${doubled}: by SFTP into a directory`, { timeout }, async () => {
  await using stack = together();
  const { path: directory, connection } = await openSftp(stack);
  const senders = new Map(
    sites.map((each) => {
      const sender = sshDirectorySender(files, random, { connection, directory, site: each });
      stack.defer(() => sender.close());
      return [each, sender];
    }),
  );
  await expectNewestOnce(
    sites.length,
    async () => ({
      deliver: async (bundles) =>
        await eachSite(bundles, (bundle) => senders.get(siteOf(bundle))!.send(bundle)),
      start: () => [dropReceiver(nodeFiles, { dir: directory, site: null })],
      end: async () => expect(await readdir(directory)).toEqual([]),
    }),
    sealFew,
  );
});

test.skipIf(noSshd !== null)(
  `${doubled}: in a directory that is fetched by SFTP`,
  { timeout },
  async () => {
    await using stack = together();
    const { path, connection } = await openSftp(stack);
    const outboxes = new Map<SiteId, SendingTransport>();
    for (const each of sites) {
      await mkdir(`${path}/${each}`);
      const world = { files: nodeFiles, random };
      outboxes.set(each, dropSender(world, { dir: `${path}/${each}`, site: each }));
    }
    const receivers = sites.map((each) => {
      const receiver = sshReceiver(files, { connection, directory: `${path}/${each}`, site: each });
      stack.defer(() => receiver.close());
      return receiver;
    });
    await expectNewestOnce(
      sites.length,
      async () => ({
        deliver: async (bundles) =>
          await eachSite(bundles, (bundle) => outboxes.get(siteOf(bundle))!.send(bundle)),
        start: () => receivers,
        end: async () => {
          for (const each of sites) expect(await readdir(`${path}/${each}`)).toEqual([]);
        },
      }),
      sealFew,
    );
  },
);
