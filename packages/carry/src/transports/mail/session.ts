// A session with a mail server that several steps of a pass share: servers count logins. It ends when
// nothing has used it for a moment, for a POP3 server lets nobody else in as long as it lasts.

const idleMsMax = 2000;

export interface Sessions<Session> {
  /** Uses the session that is open, or opens one. After a failure it isn't used again. */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  /** Ends the one that is open. */
  end(): Promise<void>;
}

export function sessions<Session>(
  open: () => Promise<Session>,
  leave: (session: Session) => Promise<void>,
  destroy: (session: Session) => void,
): Sessions<Session> {
  let session: Session | null = null;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
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
  return {
    use: async (work) =>
      await inTurn(async () => {
        clearTimeout(idle);
        session ??= await open();
        try {
          const result = await work(session);
          idle = setTimeout(() => void inTurn(end), idleMsMax);
          return result;
        } catch (error) {
          destroy(session);
          session = null;
          throw error;
        }
      }),
    end: async () => await inTurn(end),
  };
}
