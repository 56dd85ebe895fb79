// Every limit in one place, each with its reason. What comes from outside is cut off here, long
// before it can cost memory, disk or time.

const mebibyte = 1024 * 1024;

/** A bundle file. 100,000 services make a keyframe of a few MiB; a delta is far smaller. */
export const bundleBytesMax: number = 64 * mebibyte;
/** What a payload may inflate to: 100,000 services are about 40 MiB of NDJSON. */
export const inflatedBytesMax: number = 512 * mebibyte;
/** Inflated to compressed, beyond the first MiB. Rows of a real site reach 5 to 40. */
export const inflationRatioMax: number = 200;
/** What one command of a site may print: 100,000 services are about 40 MiB. */
export const dumpBytesMax: number = 128 * mebibyte;
/** What is kept of its error output, for the message. */
export const dumpErrorBytesMax: number = 4096;
/** One host of a vendor's configuration dump, with all its services: thousands of them. */
export const dumpHostBytesMax: number = 4 * mebibyte;
/** Values within values in it, the outermost included. */
export const dumpDepthMax: number = 8;
/** Rows of one bundle, all tables together. */
export const recordsMax: number = 1_000_000;
/** One line of an NDJSON member: plugins may print 64 KiB, JSON may double that. */
export const recordBytesMax: number = 128 * 1024;
/** Entries of lists and pairs in one bundle; each costs far more memory than its bytes in JSON. */
export const listEntriesMax: number = 8_000_000;

/** What livedump prints: 100,000 services are about 30 MB of text. */
export const livedumpBytesMax: number = 64 * mebibyte;
/** Characters of a line of it: 64 Ki of output, each of them escaped, and their key. */
export const livedumpLineMax: number = 132 * 1024;

/** Opening one bundle, from its decryption to the last row. */
export const openingMsMax: number = 60_000;

/** Sending commands to one core, a run: what is left over comes with the next, seconds later. */
export const commandsMsMax: number = 10_000;

/** The head of an age file: room for 30 recipients. */
export const ageHeaderBytesMax: number = 4096;

/** The manifest names at most a handful of members. */
export const manifestBytesMax: number = 64 * 1024;
/** Files of one site that one pass takes in, of all unknown ones together as many: a flood starves nobody. */
export const filesPerPassMax: number = 100;
/** Hosts that may vanish at once: more than both is held until it is said twice, or by the operator. */
export const removedHostsMax: number = 5;
export const removedShareMax: number = 0.1;
/** Below this share of free space the receiver takes nothing in: what it has must stay writable. */
export const freeSpaceMin: number = 0.05;
/** What is kept of refused files, a site. */
export const quarantineFilesMax: number = 100;
export const quarantineBytesMax: number = 256 * mebibyte;
/** After this a bundle is refused: whatever it says is long out of date. */
export const bundleLifetimeMs: number = 7 * 24 * 3600 * 1000;
/** A created time this far in the future is refused: the clocks disagree too much. */
export const clockSkewMaxMs: number = 10 * 60 * 1000;
/** Numbers that may be missing between two bundles: years of a bundle a minute. */
export const sequenceJumpMax: number = 1_000_000;
/** New epochs a day: a sender that loses its state more often has a problem to be looked at. */
export const epochsPerDayMax: number = 4;
/** One answer of a livestatus server. naemon-livestatus itself stops at 500 MiB. */
export const answerBytesMax: number = 512 * mebibyte;
/** Results in one check-result file: the core does nothing else while it reads one. */
export const resultsPerFileMax: number = 1_000;
/** The max_check_attempts that are rendered: as many results make an object hard, all of them in one file. */
export const checkAttemptsMax: number = 100;
/** Changes of one object that one pass tells the core before its current state: one each 7 s of an hour. */
export const replayedPerObjectMax: number = 500;
/**
 * Of all objects together, as long as each can have one, and with what is filled in for attempts: a minute of
 * the core's time.
 */
export const replayedPerPassMax: number = 50_000;
/** Characters of what an earlier result says: a line of a core's log; 500 of them fit into one file. */
export const replayedOutputMax: number = 1_000;
/** Characters of output that are handed to the core; Nagios Core 4.4 reads 8 KiB of plugin output by itself. */
export const outputCharactersMax: number = 64 * 1024;
/**
 * Comments of a site, and downtimes as well, that the core at the centre is told: it keeps them in its memory,
 * and writes each into its status file, 1 KiB with its names. A downtime for every service of a large site.
 */
export const annotationsPerSiteMax: number = 20_000;
/** Of each kind, acknowledgements too, with their authors: 200 for each of the most; people write 60. */
export const annotationBytesMax: number = 4 * mebibyte;
/** A core's status file, of which little is kept: 150 MB with 100,000 services, 40 more for a site at its limits. */
export const statusFileBytesMax: number = 4096 * mebibyte;
/** Settings, keys and state files: they are written by people or by siteferry itself. */
export const settingsBytesMax: number = mebibyte;
export const stateBytesMax: number = 256 * mebibyte;
/** What opening one site's bundles may take of a run before the other sites are served. */
export const openingPerRunMaxMs: number = 20_000;
/** A receipt: a few lines and a signature. */
export const receiptBytesMax: number = 4096;
/** Bundles of one site that wait at the centre's door for the receiver's next run. */
export const arrivalsPerSiteMax: number = 100;
/** Seconds since 1970 end here, in the year 2242: far beyond every clock, and whole in a float. */
export const timeEnd: number = 2 ** 33;
/** The largest number of a state, by table. */
export const stateMax: Readonly<Record<"host_states" | "service_states", number>> = {
  host_states: 2,
  service_states: 3,
};
/**
 * Integers that are whole from 0 to this, by table and column. Ids are counted up within a core's life
 * or longer; 2^32 is more than any has. Attempts go up to `max_check_attempts`, which people write.
 */
export const integerMax: Readonly<Partial<Record<string, Readonly<Record<string, number>>>>> = {
  host_states: { state: stateMax.host_states },
  service_states: { state: stateMax.service_states },
  comments: { id: 2 ** 32, entry_type: 4 },
  downtimes: { id: 2 ** 32, duration: timeEnd, triggered_by: 2 ** 32 },
  events: { state: stateMax.service_states, attempt: 1_000_000 },
  comments_gone: { id: 2 ** 32 },
  downtimes_gone: { id: 2 ** 32 },
};
/**
 * Characters of a text, by table and column; a sender cuts them. People write comments in a line of a
 * web page; of an event's output the beginning says what happened, and there may be very many events.
 */
export const textMax: Readonly<Partial<Record<string, Readonly<Record<string, number>>>>> = {
  comments: { author: 255, comment: 4096 },
  downtimes: { author: 255, comment: 4096 },
  events: { plugin_output: 1024 },
};
/**
 * Events of one bundle, the newest: 20,000 are a change of state of each service of a large site in a
 * storm, 2 MiB of rows, and a tenth of that on the line.
 */
export const eventsMax: number = 20_000;
