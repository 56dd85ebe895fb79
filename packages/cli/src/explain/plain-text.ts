// A part of a document for a terminal: paragraphs filled, links written out, commands and code as they are.

/** @param width in characters; a longer word has a line of its own */
export function plainText(markdown: string, width: number): string {
  return markdown
    .split(/\n{2,}/)
    .map((block) => (block.startsWith("    ") ? block : fill(withLinks(block), width)))
    .join("\n\n");
}

/** `what to do (operating.md#the-quarantine)`; a heading on this very page goes without. */
function withLinks(text: string): string {
  return text
    .replaceAll(/\[([^\]]+)\]\(#[^)]*\)/g, "$1")
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, "$1 ($2)");
}

function fill(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
