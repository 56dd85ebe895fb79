// Stands at the centre in place of `siteferry receive --stdin`: hands standard input to the test at the
// socket that is named, and says and ends as that tells. First line of the answer: the exit status.

import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

const socket = connect({ path: process.argv[2]!, allowHalfOpen: true });
process.stdin.pipe(socket);
const answer = await buffer(socket);
const end = answer.indexOf("\n");
const status = Number(answer.subarray(0, end).toString());
(status === 0 ? process.stdout : process.stderr).write(answer.subarray(end + 1));
process.exitCode = status;
