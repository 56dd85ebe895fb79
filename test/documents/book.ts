// Which passages of the documents somebody has followed: a test takes them from here, and in the end
// none may be left.

import { documents, type Passage, passagesOf } from "./read-document.ts";

export class Book {
  readonly #passages = documents.flatMap(passagesOf);
  readonly #taken = new Set<Passage>();

  /** The block of a document that begins so; it counts as followed. */
  block(document: string, beginning: string): string {
    return this.#take(document, "block", beginning);
  }

  /** Likewise a YAML file, that in which `part` stands. */
  yaml(document: string, beginning: string, part = ""): string {
    return this.#take(document, "yaml", beginning, part);
  }

  /** A command in the text, word for word. */
  inline(document: string, command: string): string {
    return this.#take(document, "inline", command);
  }

  /** What nobody took. */
  left(kind: Passage["kind"]): readonly Passage[] {
    return this.#passages.filter((passage) => passage.kind === kind && !this.#taken.has(passage));
  }

  #take(document: string, kind: Passage["kind"], beginning: string, part = ""): string {
    const found = this.#passages.filter(
      (passage) =>
        passage.document === document &&
        passage.kind === kind &&
        (kind === "inline" ? passage.text === beginning : passage.text.startsWith(beginning)) &&
        passage.text.includes(part),
    );
    // A command may stand in the text more than once.
    if (found.length === 0 || (found.length > 1 && kind !== "inline"))
      throw new Error(`${found.length} passages of ${document} begin with: ${beginning}`);
    const { text } = found[0]!;
    for (const passage of this.#passages) {
      const isSame = kind === "inline" && passage.kind === kind && passage.text === text;
      if (isSame || found.includes(passage)) this.#taken.add(passage);
    }
    return text;
  }
}
