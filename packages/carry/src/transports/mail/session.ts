// A session with a mail server that several steps of a pass share: servers count logins. It ends when
// nothing has used it for a moment, for a POP3 server lets nobody else in as long as it lasts.

import { FerryError } from "@siteferry/model";

const idleMsMax = 2000;

export interface Sessions<Session> {
  /** Uses the session that is open, or opens one. After a failure it isn't used again. */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  /** Ends the one that is open, when nothing uses it any more. */
  end(): Promise<void>;
  /** Likewise, but breaks off what uses it. */
  close(): Promise<void>;
}

export function sessions<Session>(
  open: () => Promise<Session>,
  leave: (session: Session) => Promise<void>,
  destroy: (session: Session) => void,
): Sessions<Session> {
  let session: Session | null = null;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let isUsed = false;
  let closes = 0;
  /** One after the other: also the end has to wait for what is under way. */
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return await mine;
  };
  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = session;
    session = null;
    if (ending === null) return;
    try {
      await leave(ending);
    } catch {
      // What was to be removed at its end is offered again.
      destroy(ending);
    }
  };
  const use: Sessions<Session>["use"] = async (work) => {
    const closesBefore = closes;
    return await inTurn(async () => {
      clearTimeout(idle);
      session ??= await open();
      isUsed = true;
      try {
        if (closes !== closesBefore) throw new FerryError("link-unreachable", "closed meanwhile");
        const result = await work(session);
        idle = setTimeout(() => void inTurn(end), idleMsMax);
        return result;
      } catch (error) {
        destroy(session);
        session = null;
        throw error;
      } finally {
        isUsed = false;
      }
    });
  };
  return {
    use,
    end: async () => await inTurn(end),
    async close() {
      closes += 1;
      if (session !== null && isUsed) destroy(session);
      await inTurn(end);
    },
  };
}
