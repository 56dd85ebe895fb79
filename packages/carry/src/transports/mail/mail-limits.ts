// The limits of mail, each with its reason: anybody can write to an address.

import { limits } from "@siteferry/model";

const mebibyte = 1024 * 1024;

/** Parts of one bundle. Each names the hashes of all: 128 of them are 8 KiB of headers. */
export const partsMax = 128;
/** The headers of one message. Relays themselves stop at 100 KiB or less. */
export const headBytesMax: number = 128 * 1024;
/** One message: the largest bundle in one part, as base64, with its headers. */
export const messageBytesMax: number = Math.ceil((limits.bundleBytesMax * 78) / 57) + mebibyte;
/** Messages that one pass looks at for the first time, and their bytes where they come whole. */
export const newLettersMax = 2000;
export const newBytesMax: number = 512 * mebibyte;
/** Messages of a mailbox that are told apart at all, the newest: what a server finds may have no end. */
export const messagesMax = 100_000;
/** Messages of one part that are tried in one pass: all but one of them are false. */
export const candidatesMax = 16;
/** What waits for its other parts: more is refused, the oldest first. */
export const waitingLettersMax = 1000;
export const waitingBytesMax: number = 512 * mebibyte;
/** A bundle whose parts aren't all there after this is out of date anyway. */
export const waitingMsMax: number = limits.bundleLifetimeMs;
/** Messages in the receiver's own Maildir: more only wait there while no receiver runs. */
export const pipedLettersMax = 5000;
/** One exchange with a server that says something all the time, but never comes to an end. */
export const exchangeMsMax: number = 15 * 60_000;
