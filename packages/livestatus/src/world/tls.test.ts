import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Row } from "../client/row-decoder.ts";
import type { Source } from "../server/source.ts";
import { connect, type ClientOptions } from "./client.ts";
import { serve, type LivestatusServer, type ServerOptions } from "./server.ts";

let directory = "";
let server: LivestatusServer | undefined;
const pem = (name: string): string => readFileSync(join(directory, name), "utf8");

function openssl(...words: string[]): void {
  execFileSync("openssl", words, { cwd: directory, stdio: "pipe" });
}

function makeAuthority(name: string): void {
  openssl(
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
  );
}

function makeCertificate(name: string, authority: string, names: string): void {
  writeFileSync(join(directory, "names"), `subjectAltName=${names}\n`);
  openssl(
    ..."req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "),
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
  );
  openssl(
    "x509",
    "-req",
    "-days",
    "2",
    "-in",
    `${name}.csr`,
    "-CA",
    `${authority}.crt`,
    "-CAkey",
    `${authority}.key`,
    "-CAcreateserial",
    "-extfile",
    "names",
    "-out",
    `${name}.crt`,
  );
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "livestatus-tls-"));
  makeAuthority("site-ca");
  makeAuthority("other-ca");
  makeCertificate("server", "site-ca", "DNS:live.example.org");
  makeCertificate("client", "site-ca", "DNS:centre");
  makeCertificate("stranger", "other-ca", "DNS:centre");
});
afterEach(() => server?.close());
afterAll(() => rmSync(directory, { recursive: true }));

const source: Source = {
  tables: () => ({ hosts: { columns: { name: "string" }, rows: () => [["a"]] } }),
};

async function ask(
  tls: ClientOptions["tls"] = {},
  served: ServerOptions["tls"] | null = null,
): Promise<Row[]> {
  const own = served ?? { cert: pem("server.crt"), key: pem("server.key") };
  server = await serve({ kind: "tls", host: "127.0.0.1", port: 0 }, source, { tls: own });
  const client = await connect(server.address, { tls });
  const rows: Row[] = [];
  for await (const batch of client.rows({ table: "hosts", columns: ["name"] })) rows.push(...batch);
  await client.close();
  return rows;
}

const serverName = "live.example.org";
// With TLS 1.3 the client learns of it after its own handshake, by an alert or by the end alone.
const turnedAway = expect.objectContaining({
  code: expect.stringMatching(/^livestatus-(unreachable|cut)$/),
});
const unreachable = expect.objectContaining({ code: "livestatus-unreachable" });

test("the right authority and the right name are served", async () => {
  expect(await ask({ ca: pem("site-ca.crt"), serverName })).toEqual([["a"]]);
});

test("a certificate of another authority is refused", async () => {
  await expect(ask({ ca: pem("other-ca.crt"), serverName })).rejects.toThrow(unreachable);
});

test("a certificate that only its own site believes is refused without an authority", async () => {
  await expect(ask({ serverName })).rejects.toThrow(unreachable);
});

test("a certificate for another name is refused, the address's own included", async () => {
  const ca = pem("site-ca.crt");
  await expect(ask({ ca, serverName: "other.example.org" })).rejects.toThrow(unreachable);
  await server!.close();
  await expect(ask({ ca })).rejects.toThrow(unreachable);
});

test("a server that wants client certificates serves only those of its authority", async () => {
  const ca = pem("site-ca.crt");
  const strict = { cert: pem("server.crt"), key: pem("server.key"), ca };
  const known = { cert: pem("client.crt"), key: pem("client.key") };
  expect(await ask({ ca, serverName, ...known }, strict)).toEqual([["a"]]);
  await server!.close();
  await expect(ask({ ca, serverName }, strict)).rejects.toThrow(turnedAway);
  await server!.close();
  const stranger = { cert: pem("stranger.crt"), key: pem("stranger.key") };
  await expect(ask({ ca, serverName, ...stranger }, strict)).rejects.toThrow(turnedAway);
});

test("a file that is no certificate is named as the reason", async () => {
  await expect(ask({ cert: "nonsense", key: "nonsense" })).rejects.toThrow(unreachable);
});
