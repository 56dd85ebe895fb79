// Two transports to one place, such as one address through two proxies, are two links all the same.

/** The second of a name becomes `NAME #2`, and so on; what is remembered of links goes by their names. */
export function distinctNames<Transport extends { readonly name: string }>(
  transports: readonly Transport[],
): readonly Transport[] {
  const counts = new Map<string, number>();
  return transports.map((transport) => {
    const count = (counts.get(transport.name) ?? 0) + 1;
    counts.set(transport.name, count);
    return count === 1 ? transport : { ...transport, name: `${transport.name} #${count}` };
  });
}
