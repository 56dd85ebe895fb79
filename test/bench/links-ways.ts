// The ways to a centre that the benchmark of links takes. One more is one more entry here.

import {
  httpSender,
  type SendingTransport,
  sshCommandSender,
  sshDirectorySender,
  sshExecSender,
  sshTunnelSender,
} from "@siteferry/carry";
import type { SiteId } from "@siteferry/model";
import { files, random, systemSsh } from "../transports/ssh-ground.ts";
import type { Centre, Place } from "./links-centre.ts";
import { curlToNginx, type Floor, opensshToFile } from "./links-floors.ts";

/** A way from a site to a centre of its own. */
export interface Way {
  readonly title: string;
  /** For one keyframe: what else can do the same, and how long siteferry may take. */
  readonly floor: Floor;
  readonly targetMs: number;
  /** Whether 200 sites take it at once, too. */
  readonly forCrowds: boolean;
  /** What stands in receiver.yaml under `transports`. */
  receiving(place: Place): readonly object[];
  /** What stands in authorized_keys before the site's key; null: no sshd is needed. */
  login: ((place: Place, site: SiteId) => string) | null;
  /** Nothing is connected yet. */
  open(centre: Centre, site: SiteId): Promise<SendingTransport>;
}

/** As in settings that don't say otherwise. */
export const timeoutMs = 30_000;
const sshTargetMs = 500;

const toProcess: Pick<Way, "login" | "receiving"> = {
  receiving: () => [],
  login: (place, site) => `restrict,command="${place.receive} --stdin ${site}"`,
};

function listener({ httpPort, sites, tokenFile }: Pick<Place, "httpPort" | "sites" | "tokenFile">) {
  const byToken = sites.map((site) => [site, { token: tokenFile(site) }]);
  return { listen: `127.0.0.1:${httpPort}`, sites: Object.fromEntries(byToken) };
}

export const ways: readonly Way[] = [
  {
    title: "http with TLS, to the daemon",
    floor: curlToNginx,
    targetMs: 150,
    forCrowds: true,
    receiving: ({ certificate: { certPath: cert, keyPath: key }, ...place }) => [
      { http: { ...listener(place), cert, key } },
    ],
    login: null,
    async open({ place: { httpPort, certificate, token } }, site) {
      return httpSender({
        url: new URL(`https://127.0.0.1:${httpPort}`),
        secrets: async () => ({ token: token(site), ca: certificate.cert, cert: null, key: null }),
        proxy: "none",
        timeoutMs,
        site,
      });
    },
  },
  {
    title: "ssh, through a tunnel to the daemon",
    floor: opensshToFile,
    targetMs: sshTargetMs,
    forCrowds: true,
    receiving: (place) => [{ http: listener(place) }],
    login({ httpPort }) {
      const target = `permitopen="127.0.0.1:${httpPort}",permitlisten="127.0.0.1:1"`;
      return `restrict,port-forwarding,${target},command="/bin/false"`;
    },
    async open(centre, site) {
      const { httpPort: port, tokenFile } = centre.place;
      const tunnel = { port, token: tokenFile(site) };
      return sshTunnelSender(files, { connection: await centre.connection(site), tunnel, site });
    },
  },
  {
    title: "ssh, to a process",
    floor: opensshToFile,
    targetMs: sshTargetMs,
    forCrowds: true,
    ...toProcess,
    open: async (centre, site) =>
      sshExecSender(files, { connection: await centre.connection(site), site }),
  },
  {
    title: "ssh, to a process, by the system's ssh",
    floor: opensshToFile,
    targetMs: sshTargetMs,
    forCrowds: false,
    ...toProcess,
    async open(centre, site) {
      const connection = await centre.connection(site);
      const command = systemSsh({ key: connection.key! }, connection);
      return sshCommandSender({ command, timeoutMs });
    },
  },
  {
    title: "ssh, into a directory",
    floor: opensshToFile,
    targetMs: sshTargetMs,
    forCrowds: true,
    receiving: ({ sites, directoryOf }) =>
      sites.map((site) => ({ drop: { dir: directoryOf(site), site } })),
    login: () => 'restrict,command="internal-sftp"',
    async open(centre, site) {
      const connection = await centre.connection(site);
      const directory = centre.place.directoryOf(site);
      return sshDirectorySender(files, random, { connection, directory, site });
    },
  },
];
