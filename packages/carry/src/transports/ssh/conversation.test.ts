import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { Conversation } from "./conversation.ts";

test("a server that has itself answered and reads no answers is left before they fill the memory", async () => {
  const server = createServer((socket) => void socket.pause()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const line = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(line, "connect");
  const conversation = new Conversation("place", line, 20_000, () => line.destroy(), 1024 * 1024);
  // More than the two machines' buffers take.
  line.write(Buffer.alloc(64 * 1024 * 1024));
  await expect(conversation.step("listing", () => {})).rejects.toMatchObject({
    code: "link-protocol",
    message: "place: listing: the server asks without an end, and reads no answer",
  });
  server.close();
});
