// The centre's key into the site's files: the list of centreKeys, and its name in sender.yaml. Pure.

import { addToYaml, parseSettings } from "@siteferry/agent";
import { addSigner } from "@siteferry/bundle";
import { FerryError, type SiteId } from "@siteferry/model";
import { senderSchema } from "./settings.ts";

export interface CentreEnrolment {
  /** Of sender.yaml, before and after. */
  readonly settings: string;
  /** The list that it names, or will name. */
  readonly listPath: string;
}

/**
 * What sender.yaml has to say.
 * @param path of sender.yaml @throws FerryError `settings-invalid`
 */
export function withCentreKeys(text: string, path: string, centre: SiteId): CentreEnrolment {
  const settings = parseSettings(text, path, senderSchema);
  if (settings.centre !== centre) {
    const problem = `${path} sends to ${settings.centre}, not to ${centre}`;
    throw new FerryError("settings-invalid", problem);
  }
  if (settings.centreKeys !== undefined) return { settings: text, listPath: settings.centreKeys };
  const listPath = `${path.slice(0, path.lastIndexOf("/"))}/centre_keys`;
  const changed = addToYaml(text, ["centreKeys"], listPath);
  parseSettings(changed, path, senderSchema);
  return { settings: changed, listPath };
}

/** The list with the centre's key. @throws as `addSigner`, which also lets a centre have a second one. */
export function withCentreKey(list: string, path: string, centre: SiteId, key: string): string {
  return addSigner(list, path, centre, key);
}
