// What siteferry may say to a core: a closed list. Whatever isn't here can't be built, and so can't be
// sent, whatever a site says.

import type { Flag, Seconds } from "@siteferry/model";
import type { OutputParts } from "../check-results/output.ts";
import type { ObjectAt } from "./centre-view.ts";

export type CommandCore = "nagios" | "naemon" | "icinga2" | "cmc";

/**
 * To whom a command is said, and how: through Livestatus (`socket`) or the core's command file. They
 * differ in escapes and lengths.
 */
export interface CommandDialect {
  readonly core: CommandCore;
  readonly way: "socket" | "file";
}

/** With a service in `at` the command is the one for services. Texts and authors as in the model. */
export type CoreCommand =
  | {
      readonly kind: "acknowledge";
      readonly at: ObjectAt;
      readonly sticky: boolean;
      readonly author: string;
      readonly text: string;
    }
  | { readonly kind: "remove-acknowledgement"; readonly at: ObjectAt }
  | {
      readonly kind: "schedule-downtime";
      readonly at: ObjectAt;
      readonly startTime: Seconds;
      readonly endTime: Seconds;
      readonly fixed: Flag;
      /** Seconds that a flexible one lasts. */
      readonly duration: number;
      /** Its id at the centre; 0: none. */
      readonly triggeredBy: number;
      readonly author: string;
      readonly text: string;
      /** As in a comment. */
      readonly entryTime: Seconds;
    }
  | { readonly kind: "delete-downtime"; readonly at: ObjectAt; readonly id: number }
  | {
      readonly kind: "add-comment";
      readonly at: ObjectAt;
      readonly persistent: Flag;
      readonly author: string;
      readonly text: string;
      /** Of when it is. Stands in the command's bracket, if the core takes it from there. */
      readonly entryTime: Seconds;
    }
  | { readonly kind: "delete-comment"; readonly at: ObjectAt; readonly id: number }
  | {
      readonly kind: "check-result";
      readonly at: ObjectAt;
      readonly state: number;
      /** Stands in the command's bracket: when the check ran. */
      readonly checkTime: Seconds;
      readonly output: OutputParts;
    }
  | {
      readonly kind: "custom-variable";
      readonly at: ObjectAt;
      /** Without the underscore that it has in object configuration. */
      readonly variable: string;
      readonly value: string;
    };

/** Why a command can't be said in a dialect; `problem` is safe to print. */
export interface CommandFault {
  readonly problem: string;
}
