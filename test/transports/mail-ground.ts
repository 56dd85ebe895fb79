// A Postfix and a Dovecot that the tests of mail share, and a mailbox of its own for each of them.

import { chown, mkdir, readdir, readFile } from "node:fs/promises";
import {
  imapFolder,
  type ImapOptions,
  type Mailbox,
  maildir,
  mailReceiver,
  mailSender,
  type MailSendOptions,
  type MailServer,
  pop3Mailbox,
  type ReceivingTransport,
  type SendingTransport,
} from "@siteferry/carry";
import type { LinkWithLine } from "@siteferry/carry/line-contract";
import { nodeFiles } from "@siteferry/spool";
import { openRelay } from "@siteferry/testkit";
import {
  type Dovecot,
  mailUserId,
  type Postfix,
  type PostfixOptions,
  startDovecot,
  startPostfix,
} from "@siteferry/testkit/servers";

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

export interface MailGround extends AsyncDisposable {
  readonly dovecot: Dovecot;
  readonly postfix: Postfix;
}

export async function openGround(
  options: Omit<PostfixOptions, "dovecot"> = {},
): Promise<MailGround> {
  const dovecot = await startDovecot();
  try {
    const postfix = await startPostfix({ dovecot, ...options });
    return {
      dovecot,
      postfix,
      async [Symbol.asyncDispose]() {
        await postfix[Symbol.asyncDispose]();
        await dovecot[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await dovecot[Symbol.asyncDispose]();
    throw error;
  }
}

/** Without a Postfix there is nothing under way. */
type Servers = Pick<MailGround, "dovecot"> & Partial<Pick<MailGround, "postfix">>;

/** Somebody with an empty mailbox. */
export class Person {
  static #count = 0;
  readonly #ground: Servers;
  readonly name: string = `user${Person.#count++}`;

  private constructor(ground: Servers) {
    this.#ground = ground;
  }

  static async arrive(ground: Servers): Promise<Person> {
    const person = new Person(ground);
    for (const path of ["", "/tmp", "/new", "/cur"]) {
      await mkdir(person.dir + path);
      await chown(person.dir + path, mailUserId, mailUserId);
    }
    return person;
  }

  get address(): string {
    return `${this.name}@test.example`;
  }

  get dir(): string {
    return `${this.#ground.dovecot.mailDirectory}/${this.name}`;
  }

  /** How to reach a server as this person. */
  login(port: number, tls: MailServer["tls"], changed: Partial<MailServer> = {}): MailServer {
    const { password, certificate } = this.#ground.dovecot;
    return {
      host: "127.0.0.1",
      port,
      tls,
      user: this.address,
      secrets: async () => ({ password, authorities: certificate.cert }),
      timeoutMs: 20_000,
      ...changed,
    };
  }

  /** Sends to this person. */
  sender(
    relay: MailSendOptions["relay"],
    partBytes = 8_000_000,
    clock: { now(): number } = Date,
  ): SendingTransport {
    const from = "remote1@site.test.example";
    return mailSender({ clock, random }, { from, to: this.address, partBytes, relay });
  }

  maildir(done: string | null = null, refused: string | null = null): Mailbox {
    return maildir(nodeFiles, { dir: this.dir, done, refused });
  }

  imap(changed: Partial<ImapOptions> = {}): Mailbox {
    const server = this.login(this.#ground.dovecot.ports.imaps, "tls");
    return imapFolder({ ...server, folder: "INBOX", done: null, refused: null, ...changed });
  }

  pop3(): Mailbox {
    return pop3Mailbox(this.login(this.#ground.dovecot.ports.pop3, "starttls"));
  }

  /** What the receiver sees when nothing is under way any more. */
  receiver(mailbox: Mailbox): ReceivingTransport {
    const receiver = mailReceiver(mailbox, Date);
    return {
      ...receiver,
      incoming: async (count) => {
        await this.#ground.postfix?.settled();
        return await receiver.incoming(count);
      },
    };
  }

  /** Every message below the Maildir as it lies there: its path, with the flags, and its bytes. */
  async messages(): Promise<ReadonlyMap<string, string>> {
    await this.#ground.postfix?.settled();
    const found = new Map<string, string>();
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const folder = entry.parentPath.split("/").at(-1)!;
      if (!entry.isFile() || !["new", "cur"].includes(folder)) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      found.set(path.slice(this.dir.length + 1), await readFile(path, "latin1"));
    }
    return found;
  }
}

/** Sent by SMTP through a relay that can break. */
export async function throughRelay(
  ground: MailGround,
  port: "smtp" | "smtps",
  tls: "tls" | "starttls" | "none",
  mailboxOf: (person: Person) => ReturnType<Person["maildir"]>,
  partBytes?: number,
): Promise<LinkWithLine> {
  const person = await Person.arrive(ground);
  const relay = await openRelay(ground.postfix.ports[port]);
  const receiver = person.receiver(mailboxOf(person));
  return {
    sender: person.sender(person.login(relay.port, tls), partBytes),
    receiver,
    relay,
    line: relay,
    dial: async (to, timeoutMs) => ({
      kind: "sends",
      transport: person.sender(person.login(to, tls, { timeoutMs }), partBytes),
    }),
    // In TLS no answer can be read. It is the last one if the message is there: in the queue, or beyond.
    isLastAnswer: async () =>
      (await ground.postfix.holdsMessage(person.address)) ||
      (await readdir(`${person.dir}/new`)).length > 0,
    async [Symbol.asyncDispose]() {
      await receiver.close();
      await relay[Symbol.asyncDispose]();
    },
  };
}

/** Delivered by Postfix, fetched through a relay. */
export async function fetched(
  ground: MailGround,
  port: "imaps" | "pop3s",
  mailboxAt: (server: MailServer) => ReturnType<Person["maildir"]>,
): Promise<LinkWithLine> {
  const person = await Person.arrive(ground);
  const line = await openRelay(ground.dovecot.ports[port]);
  const fetching = (to: number, timeoutMs: number): ReceivingTransport =>
    person.receiver(mailboxAt(person.login(to, "tls", { timeoutMs })));
  const receiver = fetching(line.port, 20_000);
  return {
    sender: person.sender({ sendmail: ground.postfix.sendmail }),
    receiver,
    line,
    dial: async (to, timeoutMs) => ({ kind: "fetches", transport: fetching(to, timeoutMs) }),
    async [Symbol.asyncDispose]() {
      await receiver.close();
      await line[Symbol.asyncDispose]();
    },
  };
}
