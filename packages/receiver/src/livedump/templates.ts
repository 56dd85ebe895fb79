// What `livedump -T` writes before the objects: known by every word of it, and dropped. The centre has
// templates of its own; anything else of this form is somebody else's.

import { printable } from "@siteferry/model";
import type { Lines } from "./lines.ts";
import type { ObjectKind } from "./read-objects.ts";

const passive = {
  register: /^0$/,
  active_checks_enabled: /^0$/,
  passive_checks_enabled: /^1$/,
};

interface Template {
  readonly required: Readonly<Record<string, RegExp>>;
  readonly optional: Readonly<Record<string, RegExp>>;
}

const templates: Readonly<Record<ObjectKind, Template>> = {
  host: {
    required: { name: /^livedump-host$/, ...passive },
    // The first livedumps had none.
    optional: { use: /^check_mk_default$/, check_interval: /^\d{1,9}$/ },
  },
  service: {
    required: { name: /^livedump-service$/, ...passive, check_period: /^0x0$/ },
    optional: { check_interval: /^\d{1,9}$/ },
  },
  command: {
    required: {
      command_name: /^check-livedump$/,
      // siteferry's has the semicolon escaped.
      command_line:
        /^echo "WARN - You did an active check, but this check is passive" \\?; exit 1$/,
    },
    optional: {},
  },
  timeperiod: {
    required: { timeperiod_name: /^0x0$/, alias: /^Never ever$/ },
    optional: {},
  },
};

/** @throws FerryError `livedump-invalid` for one that isn't livedump's own. */
export function checkTemplate(
  lines: Lines,
  kind: ObjectKind,
  directives: ReadonlyMap<string, string>,
): void {
  const { required, optional } = templates[kind];
  for (const [name, value] of directives) {
    const isKnown = Object.hasOwn(required, name) || Object.hasOwn(optional, name);
    const permitted = isKnown ? (required[name] ?? optional[name])! : null;
    if (permitted?.test(value) === true) continue;
    const shown = printable(`${name} ${value}`, 80);
    throw lines.refuse(`ends a ${kind} that isn't livedump's own: "${shown}"`);
  }
  const missing = Object.keys(required).find((name) => !directives.has(name));
  if (missing !== undefined) throw lines.refuse(`ends a ${kind} without ${missing}`);
}
