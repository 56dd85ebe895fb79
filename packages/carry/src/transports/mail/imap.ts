// A folder of an IMAP server as a mailbox. Messages are looked at with PEEK, so that no flag of
// anybody's mail changes; ours are deleted by their own numbers only, or moved.

import { FerryError, printable } from "@siteferry/model";
import type { FetchMessageObject, ImapFlow } from "imapflow";
import { exchangeMsMax, messageBytesMax, messagesMax } from "./mail-limits.ts";
import { addressOf, lineFailure, type MailServer, tlsOptions } from "./mail-server.ts";
import type { Letter, Mailbox } from "./mailbox.ts";
import { readHead, type ReadHead } from "./parse.ts";
import { headerNames } from "./part.ts";
import { SeenLetters } from "./seen-letters.ts";
import { sessions } from "./session.ts";
import { renewMs, watchFolder } from "./watch-folder.ts";
import { within } from "./within.ts";

const uidsPerCommand = 500;
/** What SEARCH finds comes as one line. */
const lineBytesMax = 8 * 1024 * 1024;

export interface ImapOptions extends MailServer {
  readonly folder: string;
  /** Folders, made if missing; without them such letters are deleted. */
  readonly done: string | null;
  readonly refused: string | null;
  /** Which messages are letters; by default those with our marks, which the server looks for. */
  readonly readHead?: ReadHead;
}

/** Letters are called `UIDVALIDITY.UID`. */
export function imapFolder(options: ImapOptions): Mailbox {
  const seen = new SeenLetters();
  const mailbox = printable(`${options.user ?? ""}/${options.folder}`);
  const name = `imap:${addressOf(options)}/${mailbox}`;
  const { use, close } = sessions(
    () => openFolder(options, options.timeoutMs),
    (client) => client.logout(),
    (client) => client.close(),
  );
  const bounded = async <Result>(
    doing: string,
    work: (client: ImapFlow) => Promise<Result>,
  ): Promise<Result> =>
    await use(async (client) => {
      try {
        return await within(exchangeMsMax, `${doing} ${name}`, work(client), () => client.close());
      } catch (error) {
        throw imapFailure(error, options, doing);
      }
    });
  let stopWatching = (): void => {};
  return {
    name,
    async list() {
      return await bounded("Looking into", (client) => listFolder(client, seen, options.readHead));
    },
    async read(letter) {
      return await bounded("Reading from", (client) => readLetter(client, letter));
    },
    async settle(letters, outcome) {
      await bounded("Clearing", (client) => settle(client, letters, options, options[outcome]));
    },
    async watch(wake) {
      const open = (): Promise<ImapFlow> => openFolder(options, renewMs + options.timeoutMs);
      stopWatching = watchFolder(open, wake);
    },
    async close() {
      stopWatching();
      await close();
    },
  };
}

/** @param silenceMs How long the server may say nothing. */
async function openFolder(options: ImapOptions, silenceMs: number): Promise<ImapFlow> {
  const { host, port, tls, user, timeoutMs, folder } = options;
  const secrets = await options.secrets();
  const { ImapFlow: Client } = await import("imapflow");
  const client = new Client({
    host,
    port,
    secure: tls === "tls",
    doSTARTTLS: tls === "starttls",
    tls: tlsOptions(options, secrets),
    auth: { user: user ?? "", pass: secrets.password ?? "" },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: silenceMs,
    maxIdleTime: renewMs,
    maxLineLength: lineBytesMax,
    maxLiteralSize: messageBytesMax,
    maxResponseSize: messageBytesMax + lineBytesMax,
  });
  // Whoever waits for an answer hears of it too.
  client.on("error", () => {});
  const open = async (): Promise<void> => {
    await client.connect();
    // To select it for writing would take \Recent from what others haven't seen yet.
    await client.mailboxOpen(folder, { readOnly: true });
  };
  try {
    await within(4 * timeoutMs, `Connecting to ${addressOf(options)}`, open(), () =>
      client.close(),
    );
    return client;
  } catch (error) {
    client.close();
    throw imapFailure(error, options, "Connecting to");
  }
}

async function listFolder(
  client: ImapFlow,
  seen: SeenLetters,
  head: ReadHead | undefined,
): Promise<readonly Letter[]> {
  // What came since the folder was opened.
  await client.noop();
  const sought = head === undefined ? { header: { [headerNames.bundle]: "" } } : { all: true };
  const found = await client.search(sought, { uid: true });
  if (found === false) throw new FerryError("link-protocol", "the server refuses to search");
  const prefix = `${validityOf(client)}.`;
  const present = found
    .toSorted((one, other) => other - one)
    .slice(0, messagesMax)
    .map((uid) => ({ id: `${prefix}${uid}`, costBytes: 0 }));
  return await seen.among(present, async (ids) => {
    if (ids.length === 0) return [];
    const query = { size: true, internalDate: true, headers: Object.values(headerNames) };
    const letters = new Map<string, Letter | null>();
    const asked = new Set(ids);
    for (const range of rangesOf(ids.map((id) => Number(id.slice(prefix.length))))) {
      for await (const message of client.fetch(range, query, { uid: true })) {
        const id = `${prefix}${message.uid}`;
        // A server may tell of others, as many as it likes.
        if (asked.has(id)) letters.set(id, await letterOf(id, message, head ?? readHead));
      }
    }
    return ids.map((id) => letters.get(id) ?? null);
  });
}

async function letterOf(
  id: string,
  { size = 0, internalDate, headers }: FetchMessageObject,
  head: ReadHead,
): Promise<Letter | null> {
  const part = await head(headers ?? new Uint8Array());
  const receivedMs = new Date(internalDate ?? 0).getTime();
  return part === null ? null : { id, sizeBytes: size, receivedMs, part };
}

async function readLetter(client: ImapFlow, letter: Letter): Promise<Uint8Array | null> {
  const [uid] = uidsOf(client, [letter]);
  if (uid === undefined) return null;
  const query = { source: { maxLength: messageBytesMax } };
  let found: FetchMessageObject | undefined;
  // Not fetchOne: it would keep all that a server answers, also what wasn't asked for.
  for await (const message of client.fetch(String(uid), query, { uid: true })) {
    if (message.uid === uid) found ??= message;
  }
  // Of one that another session removed, Dovecot still answers, with nothing in it.
  return found?.source?.length ? found.source : null;
}

async function settle(
  client: ImapFlow,
  letters: readonly Letter[],
  { folder }: ImapOptions,
  target: string | null,
): Promise<void> {
  const uids = uidsOf(client, letters);
  if (uids.length === 0) return;
  // Without it the server would remove all that anybody marked as deleted.
  if (!client.capabilities.has("UIDPLUS")) {
    throw new FerryError("link-protocol", "the server can't remove single messages (no UIDPLUS)");
  }
  if (target !== null) await client.mailboxCreate(target);
  await client.mailboxOpen(folder, { readOnly: false });
  for (const range of rangesOf(uids)) {
    const isGone =
      target === null
        ? await client.messageDelete(range, { uid: true })
        : await move(client, range, target);
    if (!isGone) {
      throw new FerryError("link-protocol", "the server refuses to remove messages");
    }
  }
}

/** Where the server can't move, the library would delete also what it failed to copy. */
async function move(client: ImapFlow, range: string, target: string): Promise<boolean> {
  const by = { uid: true };
  if (client.capabilities.has("MOVE")) {
    return (await client.messageMove(range, target, by)) !== false;
  }
  const isCopied = (await client.messageCopy(range, target, by)) !== false;
  return isCopied && (await client.messageDelete(range, by));
}

/** Servers need not take commands of over 8,192 bytes (RFC 7162). */
function rangesOf(uids: readonly number[]): readonly string[] {
  const ranges: string[] = [];
  for (let at = 0; at < uids.length; at += uidsPerCommand) {
    ranges.push(uids.slice(at, at + uidsPerCommand).join(","));
  }
  return ranges;
}

/** Of what was found before the server numbered all anew, nothing is known any more. */
function uidsOf(client: ImapFlow, letters: readonly Letter[]): readonly number[] {
  const prefix = `${validityOf(client)}.`;
  return letters
    .filter(({ id }) => id.startsWith(prefix))
    .map(({ id }) => Number(id.slice(prefix.length)));
}

function validityOf({ mailbox }: ImapFlow): string {
  return mailbox === false ? "" : String(mailbox.uidValidity);
}

interface ImapError extends Error {
  readonly authenticationFailed?: boolean;
  readonly responseText?: string;
}

function imapFailure(error: unknown, server: MailServer, doing: string): FerryError {
  const { authenticationFailed, responseText, message } = error as ImapError;
  const where = `${doing} ${addressOf(server)}`;
  const said = printable(responseText ?? message, 300);
  if (error instanceof FerryError) {
    const isNamed = message.includes(addressOf(server));
    return isNamed ? error : new FerryError(error.code, `${where}: ${said}`);
  }
  if (authenticationFailed === true) {
    return new FerryError("login-refused", `${where}: ${said}`, { cause: error });
  }
  if (responseText !== undefined) {
    return new FerryError("link-protocol", `${where}: ${said}`, { cause: error });
  }
  return lineFailure(error, server, doing);
}
