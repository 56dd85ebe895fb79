// ssh, the receiving half: the centre fetches what a site's `drop` transport has published into a
// directory there. To remove a file is the acknowledgement.

import { parseBundleName, printable, type SiteId } from "@siteferry/model";
import type { IncomingFile, ReceivingTransport } from "../../transport.ts";
import { firstOfEachSite } from "../first-of-each-site.ts";
import { questionBytesMax } from "./limits.ts";
import { Link } from "./link.ts";
import { placeOf, type SshConnection, type SshFiles } from "./settings.ts";
import { SftpLink } from "./sftp-link.ts";
import { sshTraits } from "./traits.ts";

export interface SshReceiveOptions {
  readonly connection: SshConnection;
  /** As the server sees it: from its root, or from where the login begins. */
  readonly directory: string;
  /** The site whose server this is. */
  readonly site: SiteId;
}

export function sshReceiver(
  files: SshFiles,
  { connection, directory, site }: SshReceiveOptions,
): ReceivingTransport {
  const link = new SftpLink(new Link(files, connection, questionBytesMax));
  const place = `ssh:${placeOf(connection)} ${directory}`;
  const incomingFile = (name: string): IncomingFile => {
    const path = `${directory}/${name}`;
    return {
      name,
      from: `${place}/${printable(name)}`,
      site,
      read: async () => await (await link.open()).read(path),
      remove: async () => await (await link.open()).unlink(path),
    };
  };
  return {
    name: place,
    traits: sshTraits("pull", false),
    async incoming(countPerSite, isKnown) {
      const entries = await (await link.open()).list(directory);
      // Only what is called like a bundle: a name from there becomes part of a path again.
      const names = entries.map(({ filename }) => filename);
      const bundles = names.filter((name) => parseBundleName(name) !== null).sort();
      return firstOfEachSite(bundles.map(incomingFile), countPerSite, isKnown);
    },
    // Nothing tells that something has come; the schedule looks.
    async watch() {},
    async close() {
      link.close();
    },
  };
}
