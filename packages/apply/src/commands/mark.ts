// Whose a comment, downtime or acknowledgement at the centre is: what siteferry put there for a site has
// an author that ends in the site's mark. Nothing that a site says makes it another site's, or nobody's.

import type { SiteId } from "@siteferry/model";
import { storedAuthor } from "./texts.ts";

export const defaultMark = " (siteferry {site})";

/** Why a mark of the settings can't be used; null if it can. */
export function markFault(template: string): string | null {
  const [before, after, more] = template.split("{site}");
  if (before === undefined || after === undefined || more !== undefined) {
    return "needs {site} once";
  }
  if (/[;\\\p{Cc}\u2028\u2029]/u.test(template)) {
    return "has a semicolon, a backslash or a control character";
  }
  if (template.trimEnd() !== template) return "ends with a blank";
  if (template.length > 40) return "is longer than 40 characters";
  // Else the mark of the site `b` would be the end of that of `a-b`.
  if (before.trim() === "" || /[a-z0-9-]$/.test(before)) {
    return "needs a character before {site} that no site has in its name";
  }
  return null;
}

/** A site's mark, by a template for which {@link markFault} is null. */
export interface SiteMark {
  isOwn(author: string): boolean;
  /** The author at the centre of what `author` wrote at the site. */
  author(author: string): string;
}

export function siteMark(template: string, site: SiteId): SiteMark {
  const mark = template.replace("{site}", site);
  const look = markLook(template);
  return {
    isOwn: (author) => author.endsWith(mark),
    author: (author) => storedAuthor(author, mark, look),
  };
}

/** Of which site the author ends in the mark; null: of none. */
export function markedSite(template: string, author: string): string | null {
  const [before = "", after = ""] = template.split("{site}");
  if (!author.endsWith(after)) return null;
  const end = author.length - after.length;
  let start = end;
  while (start > 0 && /[a-z0-9-]/.test(author[start - 1]!)) start -= 1;
  return start < end && author.slice(0, start).endsWith(before) ? author.slice(start, end) : null;
}

/** Whatever a person could take for any site's mark. The name in it stays. */
function markLook(template: string): RegExp {
  const [before = "", after = ""] = template
    .split("{site}")
    .map((piece) => RegExp.escape(piece.trim()));
  return new RegExp(`${before}\\s*([a-z0-9-]+)\\s*${after}`, "gi");
}
