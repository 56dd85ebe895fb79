// Whether a request is meant for this server. A web page elsewhere can have its own name point to 127.0.0.1 and
// then read what a browser on this machine may read (DNS rebinding); the browser says that name in `Host`.

/**
 * Addresses pass: nobody can have an address point elsewhere. So does no `Host` at all, which no browser sends.
 * @param names of this server, without ports.
 */
export function isExpectedHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const [, ipv6, name] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  if (ipv6 !== undefined) return true;
  if (name === undefined) return false;
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return true;
  const plain = name.toLowerCase().replace(/\.$/, "");
  return ["localhost", ...names].some((known) => known.toLowerCase() === plain);
}
