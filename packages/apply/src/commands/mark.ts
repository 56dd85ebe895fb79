// Whose a comment, downtime or acknowledgement at the centre is: what siteferry put there for a site has
// an author that ends in the site's mark. A site's own text can't make one that holds for another site.

import type { SiteId } from "@siteferry/model";

export const defaultMark = " (siteferry {site})";

/** Why a mark of the settings can't be used; null if it can. */
export function markFault(template: string): string | null {
  const pieces = template.split("{site}");
  if (pieces.length !== 2) return "needs {site} once";
  if (/[;\\\u0000-\u001f\u007f-\u009f]/.test(template)) {
    return "has a semicolon, a backslash or a control character";
  }
  if (template.trimEnd() !== template) return "ends with a blank";
  if (template.length > 64) return "is longer than 64 characters";
  if (/(^|[a-z0-9-])$/.test(pieces[0]!)) return "needs a character before {site} that no site id has";
  return null;
}

/** What the authors of a site's things at the centre end in. */
export function siteMark(template: string, site: SiteId): string {
  return template.replace("{site}", site);
}

export function isMarked(author: string, mark: string): boolean {
  return author.endsWith(mark);
}
