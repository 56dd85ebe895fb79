import { Life, longLife, MemoryDisk, memoryFiles, seededDice } from "@siteferry/testkit/simulation";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { describeFileSystem } from "./file-system-contract.ts";
import { nodeFiles } from "./world/node-files.ts";

describeFileSystem("nodeFiles", async () => {
  const { path, remove } = await makeTemporaryDirectory("files");
  return { files: nodeFiles, path, [Symbol.asyncDispose]: remove };
});

describeFileSystem("memoryFiles", async () => {
  const clock = { now: () => 0 };
  const files = memoryFiles(new MemoryDisk(), clock, new Life(longLife, seededDice(1)));
  await files.makeDirectory("/files", 0o700);
  return { files, path: "/files", [Symbol.asyncDispose]: async () => {} };
});
