// Real servers for the tests of transports, started on loopback and on temporary directories. Needs the
// Debian packages that test/install-cores.ts installs.

export { type Dovecot, mailUserId, startDovecot } from "./dovecot.ts";
export { type Postfix, type PostfixOptions, startPostfix } from "./postfix.ts";
export * from "./sshd.ts";
export * from "./web-servers.ts";
