// One table of everything that can go wrong, by a stable code. docs/errors.md is kept equal to it by
// a test; the R numbers are the named refusals of docs/specs/bundle.md.

/**
 * What helps, and what a command ends with that it ends. `transient`: try again later, exit 75. `refused`: what came in is not believed, exit 76.
 * `configuration`: an operator has to change something, exit 78. `permanent`: trying again won't
 * help, exit 70. `usage`: the command line is wrong, exit 64.
 */
export type ErrorKind = "transient" | "refused" | "configuration" | "permanent" | "usage";

/** What a code means, as the headline of its section in the docs, and what a person can do. */
export interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly meaning: string;
  readonly advice: string;
  /** Of what ends no command: the exit status of a run that goes on, and in which it happened. */
  readonly inRun?: number;
}

export const failureTable = {
  "usage-wrong": {
    kind: "usage",
    meaning: "The command line says something siteferry doesn't understand",
    advice: "The command with --help shows what it takes.",
  },
  "settings-unreadable": {
    kind: "configuration",
    meaning: "A file of the configuration can't be read",
    advice: "Check the path, and that this user may read it.",
  },
  "settings-invalid": {
    kind: "configuration",
    meaning: "The configuration file says something siteferry doesn't understand",
    advice: "Correct the line that the message names.",
  },
  "file-missing": {
    kind: "configuration",
    meaning: "A file that was named doesn't exist",
    advice: "Check the name; nothing was done.",
  },
  "site-not-configured": {
    kind: "configuration",
    meaning: "The receiver's configuration has no such site",
    advice: "Check the name; sites stand under `sites` in receiver.yaml.",
  },
  "key-unusable": {
    kind: "configuration",
    meaning: "A key file can't be used",
    advice: "Make a key with `siteferry keygen` or `ssh-keygen -t ed25519 -N ''`, mode 0600.",
  },
  "signers-invalid": {
    kind: "configuration",
    meaning: "The allowed_signers file has a line that can't be used",
    advice: "Correct the line; the format is that of ssh-keygen(1), ALLOWED SIGNERS.",
  },
  "key-low-order": {
    kind: "configuration",
    meaning: "A public key for which anybody can sign (R05)",
    advice: "Remove the line and ask the site how it got this key; no ssh-keygen makes one.",
  },
  "socket-unknown": {
    kind: "configuration",
    meaning: "It isn't known where Livestatus listens",
    advice: "Write `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`.",
  },
  "header-forbidden": {
    kind: "configuration",
    meaning: "A filter or header for Livestatus can't be sent",
    advice: "Use lines such as `Filter: name ~ ^web`; one header a line.",
  },
  "livestatus-unreachable": {
    kind: "transient",
    meaning: "No connection to Livestatus",
    advice:
      "Check that the core runs with its livestatus module and that this user may open the socket.",
  },
  "livestatus-timeout": {
    kind: "transient",
    meaning: "Livestatus doesn't answer in time",
    advice: "Check whether the core hangs or all livestatus connections are taken.",
  },
  "livestatus-cut": {
    kind: "transient",
    meaning: "Livestatus closed the connection in the middle of an answer",
    advice: "Check the core's log for a crash or restart; the next run tries again.",
  },
  "livestatus-protocol": {
    kind: "transient",
    meaning: "What answers isn't Livestatus, or speaks it in an unknown way",
    advice: "Check the address; the message shows what came.",
  },
  "livestatus-refused": {
    kind: "transient",
    meaning: "Livestatus answered with an error",
    advice: "The message shows the server's own words; check filters and the core's version.",
  },
  "livestatus-incomplete": {
    kind: "transient",
    meaning: "Livestatus sent fewer rows than the core has objects",
    advice: "Old servers cut large answers: raise the core's limit or split the site with filters.",
  },
  "livestatus-too-large": {
    kind: "permanent",
    meaning: "An answer of Livestatus is over the size limit",
    advice: "Split the site with filters.",
  },
  "snapshot-too-large": {
    kind: "permanent",
    meaning: "The site doesn't fit into one bundle",
    advice: "Split the site with filters; docs/specs/bundle.md lists the limits.",
  },
  "core-restarting": {
    kind: "transient",
    meaning: "The core restarted during the dump, again and again",
    advice: "The next run tries again; if it persists, look for the cause of the restarts.",
  },
  "command-failed": {
    kind: "transient",
    meaning: "A command of the settings can't be started, isn't done in time or ended badly",
    advice: "The message shows its last words; run it by hand as the same user.",
  },
  "spool-busy": {
    kind: "transient",
    meaning: "Another siteferry works in this spool",
    advice: "Wait for it, or stop the daemon before a manual run.",
  },
  "spool-damaged": {
    kind: "permanent",
    meaning: "A file of siteferry's own state is damaged",
    advice:
      "The message names the file; move it away, and the next keyframe rebuilds what it held.",
  },
  "name-taken": {
    kind: "permanent",
    meaning: "Another file of this name is there already",
    advice: "Nothing was overwritten. Bundles: compare the two; two senders may use one identity.",
  },
  "file-unsuitable": {
    kind: "permanent",
    meaning: "A file isn't a plain file of a permitted size",
    advice: "Remove it; links, pipes, devices and oversized files are never read.",
  },
  "activation-refused": {
    kind: "configuration",
    inRun: 75,
    meaning: "The core's own check refuses its configuration",
    advice:
      "The message has the core's words; siteferry config render shows the files. Contacts, groups and templates that receiver.yaml names must exist in the core. It is tried again when something changes, and each 15 minutes.",
  },
  "activation-failed": {
    kind: "configuration",
    inRun: 75,
    meaning: "The core didn't live well with new objects, and the old ones were put back",
    advice:
      "Look into the core's log. Other objects are tried when something changes; the same ones after `siteferry config approve`.",
  },
  "configuration-waits": {
    kind: "configuration",
    inRun: 0,
    meaning: "The first configuration of a site waits for an operator",
    advice: "Look at it with `siteferry config diff`, then `siteferry config approve SITE`.",
  },
  "nothing-waits": {
    kind: "configuration",
    meaning: "Nothing came of the site that could be approved",
    advice: "Once siteferry status shows a bundle of it, look at it with `siteferry config diff`.",
  },
  "system-error": {
    kind: "transient",
    meaning: "The system refused a file or network operation",
    advice: "The message names the operation and the path: check space, rights and the disk.",
  },
  "disk-nearly-full": {
    kind: "transient",
    meaning: "Too little free space to take anything in",
    advice: "Make room; until then bundles wait at their source.",
  },
  "link-unreachable": {
    kind: "transient",
    meaning: "The other side of a transport can't be reached",
    advice: "Check address, port and firewall; bundles wait and are tried again by themselves.",
  },
  "link-timeout": {
    kind: "transient",
    meaning: "The other side of a transport doesn't answer in time",
    advice: "A slow or broken line, or a server that hangs; it is tried again by itself.",
  },
  "link-protocol": {
    kind: "transient",
    meaning: "The other side of a transport answers something unexpected",
    advice: "The message shows what came; check that the address is the right service.",
  },
  "peer-unknown": {
    kind: "configuration",
    inRun: 75,
    meaning: "The other side isn't who it should be",
    advice: "Compare its host key or certificate with the owner before you change what is known.",
  },
  "login-refused": {
    kind: "configuration",
    inRun: 75,
    meaning: "The other side of a transport doesn't let us in",
    advice: "Check user, key, password or token, and what the other side's log says.",
  },
  "core-unreachable": {
    kind: "transient",
    meaning: "The API of the central core can't be reached or used just now",
    advice: "Check that it runs and listens; while it reloads this is usual. The next run goes on.",
  },
  "core-refused": {
    kind: "configuration",
    inRun: 75,
    meaning: "The API of the central core doesn't let siteferry do what it needs",
    advice: "Check user, password and permissions of the API user: docs/icinga2.md lists them.",
  },
  "core-configuration-invalid": {
    kind: "configuration",
    inRun: 75,
    meaning: "The central core's validation refuses the sites' objects",
    advice:
      "The message has the core's words; what was active stays. It is tried again when something changed, or in 15 minutes.",
  },
  "core-takes-no-commands": {
    kind: "transient",
    meaning: "The central core doesn't take external commands",
    advice:
      "Check that it runs, that `check_external_commands` is 1, and that this user may write its command file.",
  },
  "core-status-unusable": {
    kind: "transient",
    meaning: "The status file of the central core isn't there or isn't whole",
    advice: "Check that the core runs, and that `status` of the target is its `status_file`.",
  },
  "receiver-busy": {
    kind: "transient",
    meaning: "The centre can't take anything at the moment",
    advice: "It is tried again by itself; if it lasts, look at the receiver's log.",
  },
  "centre-refused": {
    kind: "refused",
    inRun: 75,
    meaning: "The centre refuses this bundle",
    advice: "The message has the centre's words; mostly its settings don't know this site or key.",
  },
  "receipt-invalid": {
    kind: "refused",
    inRun: 75,
    meaning: "What came back is no receipt of the centre for this bundle",
    advice: "Check `centreKeys`, and whether something between the two answers for the centre.",
  },
  "livedump-not-allowed": {
    kind: "configuration",
    meaning: "The settings don't let this site speak by livedump, unsigned",
    advice: "If you trust the link to speak for the site: `livedump: true` on it in receiver.yaml.",
  },
  "livedump-invalid": {
    kind: "refused",
    meaning: "What came isn't what livedump writes",
    advice:
      "Nothing of it was taken. The message names the line; compare with the site's livedump.",
  },
  "internal-error": {
    kind: "permanent",
    meaning: "siteferry itself failed",
    advice: "Run the command again with SITEFERRY_DEBUG=1 set and report what it prints.",
  },
} as const;

/** What comes in and isn't believed: the number in the table of named refusals, and the meaning. */
export const refusalTable = {
  "bundle-too-large": ["R29", "The bundle is over the size limit"],
  "bundle-truncated": ["R23", "The file is shorter than its header says"],
  "bundle-trailing": ["R25", "The file goes on after its payload"],
  "bundle-not-one": ["R08", "The file isn't a bundle of a known version"],
  "bundle-flags": ["R39", "The header uses bits or values that this version doesn't know"],
  "key-unknown": ["R01", "Signed with a key that isn't in allowed_signers"],
  "key-of-another-site": ["R02", "Signed with the key of another site"],
  "key-revoked": ["R03", "Signed with a key that was revoked"],
  "key-expired": ["R04", "Signed with a key outside its validity dates"],
  "payload-damaged": ["R24", "The payload isn't what the header describes"],
  "recipient-other": ["R09", "Sealed for another centre"],
  "site-other": ["R02", "The bundle speaks for a site that it may not speak for"],
  "signature-bad": ["R06", "The signature doesn't hold"],
  "signature-namespace": ["R07", "The signature was made for another purpose than siteferry"],
  "signature-form": [
    "R08",
    "The signature has another version or algorithm than Ed25519 with SHA-512",
  ],
  "created-in-future": ["R12", "Created further in the future than clocks may differ"],
  "bundle-expired": ["R11", "Its time of expiry has passed"],
  "sequence-replayed": ["R13", "An older bundle than one that was taken in already"],
  "sequence-equivocal": ["R15", "Another bundle of this number was taken in already"],
  "sequence-jump": ["R16", "Its number is far ahead of the last one"],
  "epoch-old": ["R17", "Of an epoch before the one that is taken in"],
  "epoch-future": ["R66", "Its epoch begins in the future"],
  "epoch-without-keyframe": ["R18", "A new epoch begins with a delta"],
  "epoch-churn": ["R19", "Too many new epochs in a day"],
  "host-of-another-site": ["R40", "A host that is another site's at the centre"],
  "mass-removal": ["R54", "A configuration without many of the site's hosts"],
  "bundle-poisonous": ["R65", "Opening it ended the reader, twice"],
  "delta-base": ["R20", "A delta that doesn't fit on the keyframe that is there"],
  "delta-base-hash": ["R21", "A delta on a keyframe of this number, and of another content"],
  "delta-of-other-site": ["R22", "A delta of another site than its keyframe"],
  "codec-unknown": ["R39", "Compressed or encrypted in a way that isn't configured"],
  "encryption-missing": ["R39", "Not encrypted, though the site's settings ask for it"],
  "encrypted-for-other": ["R09", "Encrypted for a key that the centre hasn't got"],
  "decryption-bad": ["R24", "What is encrypted is damaged, or no file of age"],
  "opening-timeout": ["R30", "Opening the bundle took longer than the limit"],
  "inflation-bad": ["R27", "The payload isn't one zstd frame of the permitted form"],
  "inflation-ratio": ["R28", "The payload inflates more than any real site's rows do"],
  "inflation-length": ["R29", "The payload inflates to another length than the header says"],
  "frame-second": ["R26", "Something follows the compressed frame"],
  "archive-cut": ["R32", "The archive ends before its end mark"],
  "archive-bad": ["R55", "The archive has other members than its manifest, or another order"],
  "manifest-bad": ["R33", "The manifest isn't canonical JSON of the known form"],
  "manifest-key": ["R34", "The manifest has a key that it may not have, such as __proto__"],
  "identity-differs": ["R10", "The header and the payload inside say different things"],
  "record-bad": ["R38", "A row isn't of its table's form"],
  "record-count": ["R31", "More or fewer rows than the manifest says"],
  "record-entries": ["R31", "More entries in lists than a bundle may have"],
  "record-twice": ["R33", "Two rows describe the same object"],
  "record-too-long": ["R38", "A row is longer than the limit"],
  "number-bad": ["R37", "A number is outside the range of its column"],
  "text-bad": ["R36", "Text isn't valid UTF-8"],
  "name-bad": ["R42", "A host or service name that no core could take safely"],
  "site-unknown": ["R40", "The receiver's configuration doesn't name the site"],
  "dump-config": ["R63", "A vendor's configuration dump is more than one update of literals"],
  "dump-command": ["R64", "A vendor's state dump has a line that isn't an update of a state"],
  "host-not-owned": ["R40", "A host that doesn't belong to the site"],
} as const;

/** What an operator can do about those that no attacker and no defect needs; the others are explained. */
const refusalAdvice: Partial<Record<RefusalCode, string>> = {
  "bundle-not-one": "Is it another file, or is the site's siteferry newer than this one?",
  "key-unknown":
    "Does `ssh-keygen -lf KEY.pub` at the site print this fingerprint? Then `siteferry enrol` adds its line.",
  "key-of-another-site": "The principal in allowed_signers has to be the sender's `site`.",
  "key-revoked": "The site needs a new key: `siteferry keygen` there, `siteferry enrol` here.",
  "key-expired": "Look at valid-after and valid-before in allowed_signers, and at this clock.",
  "recipient-other": "`centre` has to be the same in sender.yaml and in receiver.yaml.",
  "created-in-future": "Set the site's clock, or this one.",
  "bundle-expired": "It was over 7 days on the way, or a clock is wrong: look at both.",
  "mass-removal": "If they are really gone: `siteferry quarantine release`.",
  "encryption-missing": "Set `encryptTo` in sender.yaml.",
  "encrypted-for-other":
    "`encryptTo` in sender.yaml has to be the public key of `identity` in receiver.yaml.",
  "site-unknown": "Name the site under `sites` in receiver.yaml.",
  "host-not-owned": "Look at `owns` of the site; `foreignHosts: leave-out` goes on without it.",
  "host-of-another-site": "Look at `owns` and `prefix` of both sites.",
};

export type FailureCode = keyof typeof failureTable;
export type RefusalCode = keyof typeof refusalTable;
export type ErrorCode = FailureCode | RefusalCode;

/** The entry of any code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  if (!isRefusalCode(code)) return failureTable[code];
  const ofRefusal = refusalAdvice[code];
  return {
    kind: "refused",
    meaning: refusalTable[code][1],
    advice: `The file is in quarantine; nothing of it was applied.${ofRefusal === undefined ? "" : ` ${ofRefusal}`}`,
  };
}

function isRefusalCode(code: ErrorCode): code is RefusalCode {
  return Object.hasOwn(refusalTable, code);
}

/** sysexits(3), as cron and systemd know them. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  transient: 75,
  refused: 76,
  configuration: 78,
  permanent: 70,
  usage: 64,
};
