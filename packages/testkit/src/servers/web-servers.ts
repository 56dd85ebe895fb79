// Debian's nginx, Apache and tinyproxy on loopback, with their files in a directory of their own.

import { writeFile } from "node:fs/promises";
import { startCore } from "../cores/core-process.ts";
import { freePort } from "../free-port.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { answers } from "./dovecot.ts";

export interface WebServer extends AsyncDisposable {
  readonly port: number;
}

/** The configuration of a site, for the port that it has to listen on. */
type SiteConfiguration = (port: number) => string;

/** `site` is what stands in the http block. */
export async function startNginx(site: SiteConfiguration): Promise<WebServer> {
  const temporaries = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return await start("nginx", (directory, port) => ({
    configuration: `
      daemon off;
      pid ${directory}/pid;
      user root;
      worker_processes 2;
      error_log ${directory}/log;
      events {}
      http {
        access_log off;
        ${temporaries.map((name) => `${name}_temp_path ${directory}/${name};`).join("\n")}
        ${site(port)}
      }`,
    arguments: ["-p", directory, "-e", `${directory}/log`, "-c", `${directory}/configuration`],
  }));
}

const apacheModules = [
  "mpm_event",
  "authz_core",
  "ssl",
  "socache_shmcb",
  "proxy",
  "proxy_http",
  "reqtimeout",
];

/** `site` is a VirtualHost. */
export async function startApache(site: SiteConfiguration): Promise<WebServer> {
  const load = (name: string): string =>
    `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
  return await start("apache2", (directory, port) => ({
    configuration: [
      `ServerRoot ${directory}`,
      "ServerName localhost",
      `DefaultRuntimeDir ${directory}`,
      `PidFile ${directory}/pid`,
      `ErrorLog ${directory}/log`,
      "User www-data",
      "Group www-data",
      ...apacheModules.map(load),
      `Listen 127.0.0.1:${port}`,
      site(port),
      "",
    ].join("\n"),
    arguments: ["-D", "FOREGROUND", "-f", `${directory}/configuration`],
  }));
}

/** A proxy that tunnels to `targetPort` and nothing else, for whom knows the password. */
export async function startTinyproxy(
  targetPort: number,
  login: { readonly user: string; readonly password: string },
): Promise<WebServer> {
  return await start("tinyproxy", (directory, port) => ({
    configuration: [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "Timeout 60",
      "MaxClients 10",
      "Allow 127.0.0.1",
      `BasicAuth ${login.user} ${login.password}`,
      `ConnectPort ${targetPort}`,
      "",
    ].join("\n"),
    arguments: ["-d", "-c", `${directory}/configuration`],
  }));
}

type Setup = (
  directory: string,
  port: number,
) => { readonly configuration: string; readonly arguments: readonly string[] };

async function start(program: string, setup: Setup): Promise<WebServer> {
  const temporary = await makeTemporaryDirectory(program);
  const directory = temporary.path;
  const port = await freePort();
  const { configuration, arguments: words } = setup(directory, port);
  await writeFile(`${directory}/configuration`, configuration);
  const server = await startCore({
    program,
    arguments: words,
    outputFile: `${directory}/output`,
    logFile: `${directory}/log`,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await temporary.remove();
  };
  try {
    await server.waitFor(`a listener on ${port}`, () => answers(port));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, [Symbol.asyncDispose]: stop };
}
