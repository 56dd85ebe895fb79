// A reader that has had enough, as `head`: the rest is for nobody, and is no failure. What must arrive whole
// (dump) looks after it itself.

export function allowGoneReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
