// What an Icinga 2 is asked for through its API, and how its answers are understood. Facts about it:
// docs/facts.md.

import { FerryError, type HostName, printable } from "@siteferry/model";
import type { Icinga2Answer, Icinga2Connection, Icinga2Question } from "./connection.ts";
import { literal } from "./encode.ts";
import type { ForeignObjects } from "./render.ts";
import type { CheckResultParameters } from "./result.ts";

/** A configuration package as the core has it. */
interface PackageStages {
  /** "" if none was ever active. */
  readonly active: string;
  readonly stages: readonly string[];
}

/** `refused`: the object is there, but doesn't take results. */
export type Delivered = "taken" | "newer" | "missing" | "refused";

/** An object in the core: its state (host 0 up, 1 down), and when its last result's check ended. */
export interface CoreObject {
  readonly state: number;
  /** Seconds, with a fraction; 0: no result yet. */
  readonly checkedUntil: number;
}

/** Objects by `host`, or `host` TAB `service`. */
export type CoreObjects = ReadonlyMap<string, CoreObject>;

/** A host, and its services: the package of each, by description. */
export interface HostAtCore {
  readonly package: string;
  /** "": none. */
  readonly zone: string;
  readonly services: ReadonlyMap<string, string>;
}

export interface Icinga2Api {
  readonly where: string;
  /** Of the process that answers: another one after each restart and reload. */
  programStart(): Promise<string>;
  /** Null: there is no such package. */
  stagesOf(packageName: string): Promise<PackageStages | null>;
  createPackage(packageName: string): Promise<void>;
  /** Returns the stage's name; the core validates it by itself, then `activate`s it or not. */
  upload(
    packageName: string,
    files: Readonly<Record<string, string>>,
    activate: boolean,
  ): Promise<string>;
  /** A file of a stage; null if it isn't there. */
  readFile(packageName: string, stage: string, path: string): Promise<string | null>;
  deleteStage(packageName: string, stage: string): Promise<void>;
  foreignHosts(packageName: string): Promise<ReadonlySet<string>>;
  /** Hosts and groups that come from elsewhere than this package. */
  foreignObjects(packageName: string): Promise<ForeignObjects>;
  coreObjects(): Promise<CoreObjects>;
  /** Null: it has none of this name. */
  hostAtCore(host: HostName): Promise<HostAtCore | null>;
  /** @throws FerryError `core-unreachable` while the core is restarting. */
  deliver(parameters: CheckResultParameters): Promise<Delivered>;
  pause(milliseconds: number): Promise<void>;
}

/** All of its functions throw FerryError `core-unreachable`, `core-refused` and `peer-unknown`. */
export function icinga2Api(connection: Icinga2Connection): Icinga2Api {
  return {
    where: connection.where,
    ...packageQuestions(connection),
    ...objectQuestions(connection),
    pause: async (milliseconds) => await connection.pause(milliseconds),
  };
}

type PackageQuestions = Pick<
  Icinga2Api,
  "stagesOf" | "createPackage" | "upload" | "readFile" | "deleteStage"
>;

function packageQuestions(connection: Icinga2Connection): PackageQuestions {
  const { where } = connection;
  const config = (...parts: string[]): string =>
    `/v1/config/${parts.map(encodeURIComponent).join("/")}`;
  const modify = async (question: Omit<Icinga2Question, "accept">): Promise<ApiResult[]> =>
    resultsOf(await connection.ask(question), where, "config/modify");
  return {
    async stagesOf(packageName) {
      const answer = await connection.ask({ method: "GET", path: config("packages") });
      const all = resultsOf(answer, where, "config/query");
      const found = all.find(({ name }) => name === packageName);
      return found === undefined
        ? null
        : { active: found["active-stage"] ?? "", stages: found.stages ?? [] };
    },
    async createPackage(packageName) {
      await modify({ method: "POST", path: config("packages", packageName) });
    },
    async upload(packageName, files, activate) {
      const body = { files, activate, reload: activate };
      const [result] = await modify({ method: "POST", path: config("stages", packageName), body });
      if (typeof result?.stage !== "string") throw unexpected(where, "no name of a stage");
      return result.stage;
    },
    async readFile(packageName, stage, path) {
      const answer = await connection.ask({
        method: "GET",
        path: config("files", packageName, stage, ...path.split("/")),
        accept: "application/octet-stream",
      });
      if (answer.status === 200) return answer.text;
      if (answer.status === 404) return null;
      throw failureOf(answer, where, "config/query");
    },
    async deleteStage(packageName, stage) {
      await modify({ method: "DELETE", path: config("stages", packageName, stage) });
    },
  };
}

type ObjectQuestions = Pick<
  Icinga2Api,
  "programStart" | "foreignHosts" | "foreignObjects" | "coreObjects" | "hostAtCore" | "deliver"
>;

function objectQuestions(connection: Icinga2Connection): ObjectQuestions {
  const { where } = connection;
  const query: ObjectQuery = async (type, attributes, filter) => {
    const parts = attributes.map((name) => `attrs=${name}`);
    if (filter !== undefined) parts.push(`filter=${encodeURIComponent(filter)}`);
    const path = `/v1/objects/${type}s?${parts.join("&")}`;
    const answer = await connection.ask({ method: "GET", path });
    return resultsOf(answer, where, `objects/query/${typeNames[type]}`);
  };
  const foreign = async (
    type: keyof typeof typeNames,
    packageName: string,
  ): Promise<ReadonlySet<string>> => {
    const all = await query(type, ["package"]);
    const others = all.filter(({ attrs }) => attrs?.["package"] !== packageName);
    return new Set(others.map(({ name }) => name ?? ""));
  };
  return {
    async programStart() {
      const answer = await connection.ask({ method: "GET", path: "/v1/status/IcingaApplication" });
      const [result] = resultsOf(answer, where, "status/query");
      const started = result?.status?.icingaapplication?.app?.program_start;
      if (started === undefined) throw unexpected(where, "no program_start");
      return String(started);
    },
    foreignHosts: async (packageName) => await foreign("host", packageName),
    async foreignObjects(packageName) {
      return {
        hosts: await foreign("host", packageName),
        hostgroups: await foreign("hostgroup", packageName),
        servicegroups: await foreign("servicegroup", packageName),
      };
    },
    async coreObjects() {
      const objects = new Map<string, CoreObject>();
      for (const type of ["host", "service"] as const) {
        const ends = stateAttributes[type];
        for (const { name = "", attrs = {} } of await query(type, ["state", ...ends])) {
          const state = Number(attrs["state"]);
          const checkedUntil = Number(attrs[ends[state] ?? ""] ?? 0);
          objects.set(name.replace("!", "\t"), { state, checkedUntil });
        }
      }
      return objects;
    },
    hostAtCore: async (host) => await hostWith(query, host),
    async deliver(parameters) {
      const path = "/v1/actions/process-check-result";
      const answer = await connection.ask({ method: "POST", path, body: parameters });
      return deliveredBy(answer, where);
    },
  };
}

type ObjectQuery = (
  type: keyof typeof typeNames,
  attributes: readonly string[],
  filter?: string,
) => Promise<ApiResult[]>;

async function hostWith(query: ObjectQuery, host: HostName): Promise<HostAtCore | null> {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const name = literal(host);
  const [found] = await query("host", ["package", "zone"], `host.name == ${name}`);
  if (found === undefined) return null;
  const services = await query("service", ["package"], `service.host_name == ${name}`);
  return {
    package: text(found.attrs?.["package"]),
    zone: text(found.attrs?.["zone"]),
    services: new Map(
      services.map((one) => [text(one.name).slice(host.length + 1), text(one.attrs?.["package"])]),
    ),
  };
}

const typeNames = {
  host: "Host",
  service: "Service",
  hostgroup: "HostGroup",
  servicegroup: "ServiceGroup",
} as const;

/**
 * By state. `last_check` is when the core was handed a result, so what is asked for is when the object's
 * last result of its present state ended: that is the end of its last check.
 */
const stateAttributes = {
  host: ["last_state_up", "last_state_down"],
  service: ["last_state_ok", "last_state_warning", "last_state_critical", "last_state_unknown"],
} as const;

/** Of the many forms of a result, what is looked at. */
interface ApiResult {
  readonly name?: string;
  readonly code?: number;
  readonly stage?: string;
  readonly stages?: readonly string[];
  readonly "active-stage"?: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly icingaapplication?: { readonly app?: { readonly program_start?: number } };
  };
}

function resultsOf(answer: Icinga2Answer, where: string, permission: string): ApiResult[] {
  if (answer.status !== 200) throw failureOf(answer, where, permission);
  const results = parsedResults(answer.text);
  if (results === null) throw unexpected(where, "an answer without results");
  return results;
}

function parsedResults(text: string): ApiResult[] | null {
  try {
    const { results } = JSON.parse(text) as { results?: unknown };
    return Array.isArray(results) ? (results as ApiResult[]) : null;
  } catch {
    return null;
  }
}

/** The core answers 404 also to what a user has no permission for. */
function failureOf({ status, text }: Icinga2Answer, where: string, permission: string): FerryError {
  const said = `${where} answers ${status}: ${printable(text, 200)}`;
  if (status === 403 || status === 404) {
    return new FerryError(
      "core-refused",
      `${said}; has the API user the permission ${permission}?`,
    );
  }
  return new FerryError("core-unreachable", said);
}

function unexpected(where: string, what: string): FerryError {
  return new FerryError("core-unreachable", `${where}: ${what}; is it the API of an Icinga 2?`);
}

/** Newer cores say in the result what became of it, under whatever status of the whole answer. */
function deliveredBy(answer: Icinga2Answer, where: string): Delivered {
  const code = parsedResults(answer.text)?.[0]?.code ?? answer.status;
  switch (code) {
    case 200:
      return "taken";
    case 409:
      return "newer";
    case 404:
      return "missing";
    case 400:
    case 403:
      return "refused";
    default:
      throw failureOf(answer, where, "actions/process-check-result");
  }
}
