// The order in which vitest starts the files of the project whole: those that take minutes first, or one of them
// would run alone at the end. vitest itself learns that only where it has run before.

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** In the order of what they take. */
const long = [
  "transports/delivery",
  "transports/delivery-mail",
  "faults/power-cut",
  "simulation",
  "fuzz",
  "faults/kill",
  "icinga2/icinga2",
  "activation/kill",
  "faults/failing-disk",
  "documents/documents",
  "full-state/fifty-cycles",
  "packaging/packages",
  "activation/activation",
  "transports/mail",
  "transports/ssh",
];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.toSorted((a, b) => place(a) - place(b));
  }
}

function place({ moduleId }: TestSpecification): number {
  const index = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return index < 0 ? long.length : index;
}
