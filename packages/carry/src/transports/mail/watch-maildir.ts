// Watches what is delivered into a Maildir. Only a hint: the scan goes on without it.

/** Returns how to stop it. */
export async function watchMaildir(dir: string, wake: () => void): Promise<() => Promise<void>> {
  const { watch } = await import("chokidar");
  const watcher = watch(`${dir}/new`, { depth: 0, followSymlinks: false, ignoreInitial: true });
  watcher.on("add", wake);
  watcher.on("error", () => {});
  return async () => await watcher.close();
}
