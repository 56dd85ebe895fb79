// Secrets that can be told from everything else, and the search for them in what should have none.

import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";

export class Planted {
  readonly #directory: string;
  readonly #secrets = new Map<string, readonly string[]>();
  /** Files that may have one. */
  readonly #own = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A file with a secret, which goes with the login `user`; its path. */
  async file(
    name: string,
    {
      secret = `canary-${name}-"\\${randomBytes(12).toString("hex")}`,
      user = "siteferry",
    }: { readonly secret?: string; readonly user?: string } = {},
  ): Promise<string> {
    const path = `${this.#directory}/${name}`;
    await writeFile(path, `${secret}\n`, { mode: 0o600 });
    this.add(name, secret, user);
    this.#own.add(path);
    return path;
  }

  /** The same, of such as a token may be. */
  async token(name: string): Promise<string> {
    return await this.file(name, { secret: randomBytes(24).toString("hex") });
  }

  /** A private key's file: each of its lines but the first, which says only what it is. */
  async key(path: string): Promise<string> {
    const text = await readFile(path, "utf8");
    const body = text.split("\n").filter((line) => line !== "" && !/^(?:-----|#)/.test(line));
    const secret = body.length > 1 ? body.slice(1) : body;
    this.#secrets.set(path, secret);
    this.#own.add(path);
    return path;
  }

  add(name: string, secret: string, user = "siteferry"): void {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    this.#secrets.set(name, [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      // Basic, PLAIN and LOGIN, without the last characters, which the end decides.
      ...[secret, `${user}:${secret}`, `\0${user}\0${secret}`].map((text) =>
        base64(text).slice(0, -4),
      ),
    ]);
  }

  /** Which of them stand in `text`. */
  in(text: string): readonly string[] {
    return [...this.#secrets]
      .filter(([, forms]) => forms.some((form) => text.includes(form)))
      .map(([name]) => name);
  }

  /** The files below the directory in which one stands that isn't theirs: `path: secret`. */
  async inFiles(): Promise<readonly string[]> {
    const found: string[] = [];
    const entries = await readdir(this.#directory, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = `${entry.parentPath}/${entry.name}`;
      if (!entry.isFile() || this.#own.has(path)) continue;
      for (const name of this.in(await readFile(path, "latin1"))) found.push(`${path}: ${name}`);
    }
    return found;
  }
}
