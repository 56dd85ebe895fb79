// Strings that somebody would send who wants more than to be displayed: what cores, shells,
// terminals and formats take for their own, alone and mixed, up to 100,000 characters.

const characters = [
  ...Array.from("\n\r\0\\;|=#{}$`'\"<>&!%*?,()[]+~ \t\u001b\u0007\u007f\u0085\u2028\u202e\ufeff"),
  "🚀",
  "𝔘",
  "ä",
  "\\n",
  "\\\\",
  "\r\n",
  "\n\n",
  "\u001b[2J",
  "\u001b]0;x\u0007",
  "$USER1$",
  "$(id)",
  "%n",
  "null",
  "+x",
  "../../",
];

/** What would change a canary if it got through where it doesn't belong. */
export function forgeriesOf(host: string, service: string): readonly string[] {
  const result = `host_name=${host}\nservice_description=${service}\ncheck_type=1\nstart_time=1.0\nfinish_time=1.0\nreturn_code=2\noutput=forged`;
  const command = `[1] PROCESS_SERVICE_CHECK_RESULT;${host};${service};2;forged`;
  const object = `define service {\n  host_name ${host}\n  service_description ${service}\n  check_command forged\n}`;
  return [
    `\n\n${result}\n\n`,
    `\r\n\r\n${result.replaceAll("\n", "\r\n")}\r\n\r\n`,
    `\\n\\n${result.replaceAll("\n", "\\n")}\\n\\n`,
    `\u2028\u2028${result}\u0085\u0085`,
    `x\0\n\n${result}\n\n`,
    `\\\n\n${result}\n\n`,
    `\nfile_time=1\n\n${result}\n`,
    `\n${command}\n`,
    `;${host};${service}`,
    `${service};2;forged\n${command}`,
    `x\n}\n${object}\ndefine host {\n  name x`,
    `x }\n${object}`,
    `x\ncfg_file=/etc/passwd\nresource_file=/etc/passwd`,
    `x\\`,
    `x\\\\\\`,
    `|;|=;;;;|`,
  ];
}

/** So many different ones, the same for the same seed. */
export function* hostileStrings(
  count: number,
  seed: number,
  forgeries: readonly string[],
): Generator<string, void, undefined> {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = (from: readonly string[]): string => from[below(from.length)]!;
  for (let index = 0; index < count; index++) {
    if (index < forgeries.length) yield forgeries[index]!;
    else if (index % 997 === 0) yield pick(characters).repeat(100_000);
    else {
      const length = 1 + below(6);
      const parts = Array.from({ length }, () =>
        pick([pick(characters), `t${below(99)}`, pick(characters)]),
      );
      yield index % 10 === 0 ? `${parts.join("")}${pick(forgeries)}` : parts.join("");
    }
  }
}
