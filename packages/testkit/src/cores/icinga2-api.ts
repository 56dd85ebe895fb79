// A real Icinga 2 as centre: with its API on loopback, an authority and a certificate of its own, and an
// API user that may do just what docs/icinga2.md says.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { freePort } from "../free-port.ts";
import { makeCertificate } from "../certificates.ts";
import { type Icinga2, startIcinga2 } from "./icinga2.ts";

/** The NodeName of icinga2-config.ts, which names the core's certificate. */
const nodeName = "siteferry-test";
const permissions = [
  "status/query",
  "config/query",
  "config/modify",
  "objects/query/Host",
  "objects/query/Service",
  "objects/query/HostGroup",
  "objects/query/ServiceGroup",
  "actions/process-check-result",
];

export interface Icinga2Centre extends Icinga2 {
  readonly url: string;
  /** The name in its certificate. */
  readonly serverName: string;
  /** PEM file. */
  readonly ca: string;
  /** Of the user `siteferry`; mode 0600. */
  readonly passwordFile: string;
  /** As an administrator who may do everything; null while the core doesn't answer. */
  get(path: string): Promise<Icinga2Results | null>;
}

export interface Icinga2Results {
  readonly results: readonly {
    readonly name: string;
    readonly attrs: Readonly<Record<string, unknown>>;
  }[];
}

/** `objects`: what the centre has by itself, in Icinga 2's language. */
export async function startIcinga2Centre(objects = ""): Promise<Icinga2Centre> {
  const port = await freePort();
  const password = "of siteferry";
  let ca = "";
  let authority = "";
  const core = await startIcinga2({
    objects,
    async prepare(directory) {
      const certificates = `${directory}/DataDir/certs`;
      await mkdir(certificates, { recursive: true });
      const root = await makeCertificate(directory, "authority");
      await makeCertificate(certificates, nodeName, { authority: root, names: `DNS:${nodeName}` });
      await writeFile(`${certificates}/ca.crt`, root.cert);
      await writeFile(`${directory}/password`, password, { mode: 0o600 });
      ca = root.certPath;
      authority = root.cert;
      return apiConfiguration(port, password);
    },
  });
  const agent = new Agent({ ca: authority, servername: nodeName });
  const get = async (path: string): Promise<Icinga2Results | null> => {
    const answer = await fetchJson(agent, port, path).catch(() => null);
    return answer === null ? null : (JSON.parse(answer) as Icinga2Results);
  };
  const url = `https://127.0.0.1:${port}`;
  const passwordFile = `${core.directory}/password`;
  while ((await get("/v1/status/IcingaApplication")) === null) {
    if (!(await readFile(`/proc/${core.pid}/stat`, "utf8")).includes("icinga2")) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Object.assign(core, { url, serverName: nodeName, ca, passwordFile, get });
}

function apiConfiguration(port: number, password: string): string {
  return `object ApiListener "api" { bind_host = "127.0.0.1"; bind_port = ${port} }
object ApiUser "siteferry" {
  password = ${JSON.stringify(password)}
  permissions = ${JSON.stringify(permissions)}
}
object ApiUser "unpermitted" { password = "none"; permissions = [ "status/query" ] }
object ApiUser "administrator" { password = "all"; permissions = [ "*" ] }
`;
}

async function fetchJson(agent: Agent, port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const headers = { accept: "application/json" };
    const options = { agent, host: "127.0.0.1", port, path, headers, auth: "administrator:all" };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`${path}: ${response.statusCode}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
