// Changes one value of a settings file and leaves the rest as its operator wrote it, comments and order.

import { FerryError } from "@siteferry/model";
import { isMap, parseDocument } from "yaml";

/**
 * The text with `value` at `path`, where nothing stood before; maps on the way are made.
 * @throws FerryError `settings-invalid` if something stands there, or the file isn't YAML.
 */
export function addToYaml(
  text: string,
  path: readonly (string | number)[],
  value: unknown,
): string {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) {
    throw new FerryError("settings-invalid", "The file isn't YAML with keys");
  }
  const at = path.join(".");
  if (document.hasIn(path)) throw new FerryError("settings-invalid", `${at} is there already`);
  const parent = path.slice(0, -1);
  // `sites:` with nothing behind it, and `{}`, which would stay on one line.
  const above: unknown = parent.length === 0 ? document.contents : document.getIn(parent, true);
  if (isMap(above)) {
    if (above.items.length === 0) above.flow = false;
    above.add(document.createPair(path.at(-1), document.createNode(value, { flow: true })));
  } else {
    const node = document.createNode({});
    node.flow = false;
    node.add(document.createPair(path.at(-1), document.createNode(value, { flow: true })));
    document.setIn(parent, node);
  }
  return document.toString({ lineWidth: 0 });
}

/** A text as it may stand in YAML. */
export function yamlText(text: string): string {
  return /^[A-Za-z/][\w/.@:+-]*[\w/]$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** What is other in `after`, line by line as diff(1) marks it; for a look, not for patch(1). */
export function changedLines(before: string, after: string): readonly string[] {
  const only = (text: string, other: string, mark: string): string[] => {
    const left = other.split("\n");
    return text.split("\n").flatMap((line) => {
      const at = left.indexOf(line);
      if (at < 0) return [`${mark} ${line}`];
      left.splice(at, 1);
      return [];
    });
  };
  return [...only(before, after, "-"), ...only(after, before, "+")];
}
