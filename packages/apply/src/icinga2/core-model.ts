// For tests: an Icinga 2 as far as its API shows it, which can refuse, die, restart and lose what it had.

import { FerryError } from "@siteferry/model";
import type { CoreObject, Icinga2Api } from "./api.ts";
import type { CheckResultParameters } from "./result.ts";

/** Returned for a file of a stage, the core's verdict on it. */
type Validate = (files: Readonly<Record<string, string>>) => string | null;

export class CoreModel {
  start: number = 1;
  active: string = "";
  readonly stages: Map<string, Readonly<Record<string, string>>> = new Map();
  readonly uploads: string[] = [];
  /** startup.log of what it refuses; null: it is fine. */
  validate: Validate = () => null;
  readonly objects: Map<string, CoreObject> = new Map();
  /** Results that were taken, in their order: `key@time:state`. */
  readonly taken: string[] = [];
  /** Called before each result; may throw. */
  beforeResult: (count: number) => void = () => {};
  /** What it answers to each result, instead of what it would. */
  answer: "newer" | "refused" | "missing" | null = null;
  asked: number = 0;
  /** When the check began of which it has the result. */
  readonly #begun: Map<string, number> = new Map();

  readonly api: Icinga2Api = {
    where: "https://core",
    programStart: async () => String(this.start),
    stagesOf: async () => ({ active: this.active, stages: [...this.stages.keys()] }),
    createPackage: async () => {},
    upload: async (_, files, activate) => {
      const stage = `stage-${this.uploads.length}`;
      this.uploads.push(stage);
      const log = this.validate(files);
      const results = { status: log === null ? "0" : "1", "startup.log": log ?? "" };
      this.stages.set(stage, { ...files, ...results });
      if (log === null && activate) {
        this.active = stage;
        this.start++;
      }
      return stage;
    },
    readFile: async (_, stage, path) => this.stages.get(stage)?.[path] ?? null,
    deleteStage: async (_, stage) => {
      this.stages.delete(stage);
    },
    foreignHosts: async () => new Set(),
    foreignObjects: async () => ({
      hosts: new Set(),
      hostgroups: new Set(),
      servicegroups: new Set(),
    }),
    coreObjects: async () => new Map(this.objects),
    hostAtCore: async () => null,
    deliver: async (parameters) => this.#deliver(parameters),
    pause: async () => {},
  };

  #deliver(parameters: CheckResultParameters): "taken" | "newer" | "missing" | "refused" {
    this.beforeResult(this.asked++);
    const key =
      parameters.type === "Host" ? parameters.host : parameters.service.replace("!", "\t");
    if (this.answer !== null) return this.answer;
    if (!this.objects.has(key)) return "missing";
    const { exit_status: state, execution_start: time, execution_end } = parameters;
    if (time < (this.#begun.get(key) ?? 0)) return "newer";
    this.#begun.set(key, time);
    this.objects.set(key, { state, checkedUntil: execution_end });
    this.taken.push(`${key.split("\t").at(-1)}@${time}:${state}`);
    return "taken";
  }
}

export function unreachable(): FerryError {
  return new FerryError("core-unreachable", "The core is gone");
}
