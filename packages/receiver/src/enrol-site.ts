// A site's entry in receiver.yaml, where it isn't there yet. Pure.

import { addToYaml, parseSettings } from "@siteferry/agent";
import { FerryError, type SiteId } from "@siteferry/model";
import { receiverSchema, type ReceiverSettings } from "./settings.ts";

export interface NewSite {
  readonly site: SiteId;
  /** Stands before each of its host names. */
  readonly prefix: string;
  readonly contacts: readonly string[];
  /** A file with the token that it shows at the listener; null: it comes another way. */
  readonly token: string | null;
}

/**
 * The file with the site; the same text if it is there already.
 * @throws FerryError `settings-invalid`
 */
export function withSite(
  text: string,
  path: string,
  { site, prefix, contacts, token }: NewSite,
): string {
  const before = parseSettings(text, path, receiverSchema);
  let changed = text;
  if (!Object.hasOwn(before.sites, site)) {
    const entry = {
      ...(prefix !== "" && { prefix }),
      ...(contacts.length > 0 && { contacts }),
    };
    changed = addToYaml(changed, ["sites", site], entry);
  }
  if (token !== null) changed = withToken(changed, path, before, site, token);
  if (changed !== text) checkOnlyAdded(before, parseSettings(changed, path, receiverSchema), site);
  return changed;
}

function withToken(
  text: string,
  path: string,
  { transports }: ReceiverSettings,
  site: SiteId,
  token: string,
): string {
  const index = transports.findIndex((transport) => "http" in transport);
  const listener = transports[index];
  if (listener === undefined || !("http" in listener)) {
    throw new FerryError("settings-invalid", `${path} has no transport http that takes a token`);
  }
  if (Object.hasOwn(listener.http.sites, site)) return text;
  return addToYaml(text, ["transports", index, "http", "sites", site], { token });
}

/** What else the operator said mustn't mean anything else after it was written anew. */
function checkOnlyAdded(before: ReceiverSettings, after: ReceiverSettings, site: SiteId): void {
  const without = ({ sites, transports, ...rest }: ReceiverSettings): string => {
    const { [site]: _own, ...others } = sites;
    const links = transports.map((transport) => {
      if (!("http" in transport)) return transport;
      const { [site]: _token, ...left } = transport.http.sites;
      return { http: { ...transport.http, sites: left } };
    });
    return JSON.stringify({ ...rest, others, links });
  };
  if (without(before) === without(after)) return;
  throw new FerryError(
    "settings-invalid",
    "Adding the site would change other settings: do it by hand",
  );
}
