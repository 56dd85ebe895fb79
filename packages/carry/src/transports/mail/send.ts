// mail, the sending half: a bundle as one message, or as several if the relay takes no larger ones.
// What was handed over before a failure is without effect: nobody offers a bundle with parts missing.

import { type Clock, limits, type Random } from "@siteferry/model";
import type { OutgoingBundle, Probed, SendingTransport } from "../../transport.ts";
import { bundleRoom, composeMessage, type Envelope, splitBundle } from "./compose.ts";
import { addressOf, type MailServer } from "./mail-server.ts";
import { pipeToSendmail } from "./sendmail.ts";
import { submit } from "./smtp.ts";
import { mailTraits } from "./traits.ts";

export interface MailSendOptions extends Envelope {
  /** No message is larger, with its headers and as base64. */
  readonly partBytes: number;
  readonly relay: MailServer | { readonly sendmail: readonly string[] };
}

export function mailSender(
  { clock, random }: { clock: Clock; random: Random },
  { from, to, partBytes, relay }: MailSendOptions,
): SendingTransport {
  const envelope = { from, to };
  /** Whoever asks for the next one has handed over the one before. */
  function* messagesOf(bundle: OutgoingBundle): Generator<Buffer> {
    for (const { part, content } of splitBundle(bundle, partBytes)) {
      const token = Buffer.from(random.bytes(12)).toString("hex");
      yield composeMessage(envelope, part, content, { date: new Date(clock.now()), token });
      bundle.onSent?.(content.length);
    }
  }
  return {
    name: `mail:${to} via ${"sendmail" in relay ? relay.sendmail[0] : addressOf(relay)}`,
    traits: mailTraits(Math.min(limits.bundleBytesMax, bundleRoom(partBytes))),
    async send(bundle) {
      const messages = messagesOf(bundle);
      if (!("sendmail" in relay)) await submit(relay, envelope, messages);
      else for (const message of messages) await pipeToSendmail(relay.sendmail, envelope, message);
      return null;
    },
    ...(!("sendmail" in relay) && { probe: () => probeRelay(relay, envelope) }),
    async close() {},
  };
}

/** Without a message it ends after the login. */
async function probeRelay(relay: MailServer, envelope: Envelope): Promise<Probed> {
  await submit(relay, envelope, []);
  const seen = relay.user === null ? "answers; it asks for no login" : "answers, and lets us in";
  return { seen, clock: null };
}
