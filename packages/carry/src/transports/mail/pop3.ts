// A POP3 mailbox. Nothing can be moved in it: what is used, and what has our marks and can't be used,
// is deleted; all other messages stay. It locks the mailbox and can't tell when something comes.

import { FerryError, printable } from "@siteferry/model";
import { exchangeMsMax, headBytesMax, messageBytesMax, messagesMax } from "./mail-limits.ts";
import { addressOf, type MailServer } from "./mail-server.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import { readHead, type ReadHead } from "./parse.ts";
import { Pop3Client, Pop3Refusal } from "./pop3-client.ts";
import { SeenLetters } from "./seen-letters.ts";
import { sessions } from "./session.ts";

/** Two numbers and a name of at most 70 characters a message: 100,000 of them. */
const listBytesMax = 8 * 1024 * 1024;

interface Session {
  readonly client: Pop3Client;
  /** By their lasting names: in this session only. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly sizes: ReadonlyMap<number, number>;
  /** To delete one twice is refused, and what a refusal ends deletes nothing at all. */
  readonly deleted: Set<number>;
}

/**
 * Letters are called by what UIDL says.
 * @param head which messages are letters; by default those with our marks.
 */
export function pop3Mailbox(server: MailServer, head: ReadHead = readHead): Mailbox {
  const seen = new SeenLetters();
  const { use, end, close } = sessions(
    () => openSession(server),
    async ({ client }) => {
      // Only now the server deletes.
      await client.command("QUIT", "Leaving");
      client.destroy();
    },
    ({ client }) => client.destroy(),
  );
  return {
    name: `pop3:${addressOf(server)}/${printable(server.user ?? "")}`,
    async list() {
      // A session doesn't see what came since it began.
      await end();
      return await use(async ({ client, numbers, sizes }) => {
        const present = [...numbers].map(([id]) => ({ id, costBytes: headBytesMax })).toReversed();
        return await seen.among(present, async (ids) => {
          const letters: (Letter | null)[] = [];
          const endMs = performance.now() + exchangeMsMax;
          for (const id of ids) {
            // Those that are left are looked at by the next pass.
            if (performance.now() > endMs) break;
            const number = numbers.get(id)!;
            letters.push(await look(client, id, number, sizes.get(number) ?? 0, head));
          }
          return letters;
        });
      });
    },
    async read({ id }) {
      const retrieve = async (session: Session): Promise<Uint8Array | null> => {
        const { client, numbers, deleted } = session;
        const number = numbers.get(id);
        if (number === undefined || deleted.has(number)) return null;
        return await client.retrieve(`RETR ${number}`, "Reading from", messageBytesMax);
      };
      try {
        return await use(retrieve);
      } catch (error) {
        if (!(error instanceof Pop3Refusal)) throw error;
        // A session still lists what another one deleted since it began: a new one doesn't.
        return await use(retrieve);
      }
    },
    async settle(letters) {
      await use(async ({ client, numbers, deleted }) => {
        const endMs = performance.now() + exchangeMsMax;
        for (const { id } of letters) {
          const number = numbers.get(id);
          if (number === undefined || deleted.has(number)) continue;
          if (performance.now() > endMs) break;
          await client.command(`DELE ${number}`, "Deleting at");
          deleted.add(number);
        }
      });
    },
    async watch() {},
    close,
  };
}

async function openSession(server: MailServer): Promise<Session> {
  const client = await Pop3Client.open(server);
  try {
    const uidl = await pairs(client, server, "UIDL");
    const list = await pairs(client, server, "LIST");
    return {
      client,
      numbers: new Map(uidl.map(([number, id]) => [id, number])),
      sizes: new Map(list.map(([number, size]) => [number, Number(size)])),
      deleted: new Set(),
    };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function pairs(
  client: Pop3Client,
  server: MailServer,
  command: string,
): Promise<readonly (readonly [number, string])[]> {
  const answer = await client.retrieve(command, `Asking for ${command} at`, listBytesMax);
  return (
    answer
      .toString("latin1")
      .split("\r\n")
      .filter((line) => line !== "")
      // The newest come last.
      .slice(-messagesMax)
      .map((line) => {
        const [, number, value] = /^(\d{1,9}) +([\x21-\x7e]{1,100})/.exec(line) ?? [];
        if (value === undefined) {
          const said = `${addressOf(server)} answers ${command} with "${printable(line)}"`;
          throw new FerryError("link-protocol", said);
        }
        return [Number(number), value] as const;
      })
  );
}

async function look(
  client: Pop3Client,
  id: string,
  number: number,
  sizeBytes: number,
  judge: ReadHead,
): Promise<Letter | null> {
  const head = await client.retrieve(`TOP ${number} 0`, "Looking into", messageBytesMax);
  const part = await judge(head);
  return part === null ? null : { id, sizeBytes, receivedMs: receivedMs(head), part };
}

/**
 * The date of the uppermost Received: the one that the server itself put there. The others, and Date,
 * anybody can write. Without one: now, as far as this process knows.
 */
function receivedMs(head: Buffer): number {
  const text = head.toString("latin1").replaceAll(/\r?\n[ \t]+/g, " ");
  const [, date = ""] = /^Received:[^\n]*;([^;\n]*)$/im.exec(text) ?? [];
  const parsed = Date.parse(date.replace(/\(.*$/, "").trim());
  return Number.isNaN(parsed) ? Date.now() : parsed;
}
