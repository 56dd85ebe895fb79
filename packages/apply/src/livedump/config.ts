// `siteferry dump -C`: object configuration in the format of Checkmk's livedump, one object at a
// time. Directives and their order are livedump's; the values go through the encoder, so that a
// value can't become a directive.

import { type HostConfiguration, printable, type ServiceConfiguration } from "@siteferry/model";
import { listedNameFault, nameFault, type ObjectRefusal, valueFault } from "../objects/encode.ts";

export type LivedumpHostColumns = Pick<
  HostConfiguration,
  | "name"
  | "alias"
  | "address"
  | "groups"
  | "check_command"
  | "max_check_attempts"
  | "contacts"
  | "contact_groups"
  | "icon_image"
>;

export type LivedumpServiceColumns = Pick<
  ServiceConfiguration,
  "host_name" | "description" | "groups" | "max_check_attempts" | "contacts" | "contact_groups"
>;

export interface LivedumpOptions {
  /** `-p`: before every host name. */
  readonly prefix: string;
  /**
   * `-G`: "dump contact groups instead of contacts". That is what livedump's help says and what
   * happens here; the livedump of Checkmk 2.2 does it the other way round.
   */
  readonly includeGroups: boolean;
  /** `--include-host-icon` */
  readonly includeHostIcon: boolean;
  readonly onRefused: (refusal: ObjectRefusal) => void;
}

/** `define host`, or an empty text if its name can't be expressed. */
export function formatLivedumpHost(row: LivedumpHostColumns, options: LivedumpOptions): string {
  const name = `${options.prefix}${row.name}`;
  const encoder = encoderFor(`host ${printable(name)}`, options);
  if (!encoder.accepts("host_name", name, listedNameFault(name, ""))) return "";
  const icon = options.includeHostIcon && row.icon_image !== null ? row.icon_image : "";
  return [
    "define host {\n",
    line("use", "livedump-host"),
    line("host_name", name),
    line("alias", encoder.value("alias", row.alias) ?? name),
    line("address", encoder.value("address", row.address) ?? name),
    encoder.list("host_groups", row.groups),
    line("check_command", encoder.value("check_command", row.check_command) ?? "check-livedump"),
    line("max_check_attempts", String(Math.max(1, row.max_check_attempts))),
    contactsOf(row, options, encoder),
    optional("icon_image", encoder.value("icon_image", icon)),
    "}\n\n",
  ].join("");
}

/** `define service`, or an empty text if one of its names can't be expressed. */
export function formatLivedumpService(
  row: LivedumpServiceColumns,
  options: LivedumpOptions,
): string {
  const host = `${options.prefix}${row.host_name}`;
  const encoder = encoderFor(`service ${printable(host)}/${printable(row.description)}`, options);
  if (!encoder.accepts("host_name", host, listedNameFault(host, ""))) return "";
  if (!encoder.accepts("description", row.description, nameFault(row.description, ""))) return "";
  return [
    "define service {\n",
    line("use", "livedump-service"),
    line("host_name", host),
    line("description", row.description),
    encoder.list("service_groups", row.groups),
    line("check_command", "check-livedump"),
    contactsOf(row, options, encoder),
    line("max_check_attempts", String(Math.max(1, row.max_check_attempts))),
    "}\n\n",
  ].join("");
}

interface Encoder {
  accepts(directive: string, value: string, fault: string | null): boolean;
  /** Null if there is nothing, or nothing that can be expressed. */
  value(directive: string, value: string): string | null;
  /** Without an empty list: the core refuses a directive that has no value. */
  list(directive: string, names: readonly string[]): string;
}

function encoderFor(object: string, { onRefused }: LivedumpOptions): Encoder {
  const refuse = (directive: string, reason: string, outcome: ObjectRefusal["outcome"]): void =>
    onRefused({ object, directive, reason, outcome });
  return {
    accepts(directive, _value, fault) {
      if (fault !== null) refuse(directive, fault, "left out");
      return fault === null;
    },
    value(directive, value) {
      if (value === "") return null;
      const fault = valueFault(value);
      if (fault !== null) refuse(directive, fault, "replaced");
      return fault === null ? value : null;
    },
    list(directive, names) {
      const usable = names.filter((name) => {
        const fault = listedNameFault(name, "");
        if (fault !== null) refuse(directive, fault, "replaced");
        return fault === null;
      });
      return usable.length === 0 ? "" : line(directive, usable.join(","));
    },
  };
}

function contactsOf(
  row: LivedumpServiceColumns | LivedumpHostColumns,
  { includeGroups }: LivedumpOptions,
  encoder: Encoder,
): string {
  return includeGroups
    ? encoder.list("contact_groups", row.contact_groups)
    : encoder.list("contacts", row.contacts);
}

function optional(directive: string, value: string | null): string {
  return value === null ? "" : line(directive, value);
}

function line(directive: string, value: string): string {
  return `  ${directive.padEnd(18)} ${value}\n`;
}
