// For tests: what one of the checks finds on a receiver that is well, but for what a test changes.

import type { Finding } from "@siteferry/agent";
import { generateKey } from "@siteferry/bundle";
import type { FerryError } from "@siteferry/model";
import { receiverChecks } from "./checks.ts";
import { type Changes, subjectOf } from "./test-subject.ts";

const key = generateKey("remote1");

/** `KEY` in a text stands for the site's public key. */
export async function find(name: string, changes: Changes = {}): Promise<readonly string[]> {
  const check = receiverChecks.find((one) => one.name === name)!;
  const { publicLine } = await key;
  const texts = Object.entries(changes.texts ?? {}).map(([path, text]) => [
    path,
    text.replaceAll("KEY", publicLine),
  ]);
  const subject = subjectOf(
    { ...changes, texts: Object.fromEntries(texts) as Record<string, string> },
    `remote1 namespaces="siteferry" ${publicLine}`,
  );
  const line = ({ verdict, what }: Finding): string => `${verdict} ${what}`;
  return await check.run(subject).then(
    (found) => found.map(line),
    (error: unknown) => [`throws ${(error as FerryError).code}`],
  );
}
