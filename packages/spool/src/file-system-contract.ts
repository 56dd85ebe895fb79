// The contract of the model's `FileSystem` as tests: the real one and the one in memory pass it.
// Test-only.

import { type FileSystem, systemCode } from "@siteferry/model";
import { describe, expect, test } from "vitest";

/** A file system with an empty directory to work in, made anew for each test. */
export interface Ground extends AsyncDisposable {
  readonly files: FileSystem;
  readonly path: string;
}

export function describeFileSystem(name: string, open: () => Promise<Ground>): void {
  const at = async (
    work: (files: FileSystem, path: (name: string) => string) => Promise<void>,
  ): Promise<void> => {
    await using ground = await open();
    await work(ground.files, (entry) => `${ground.path}/${entry}`);
  };
  const write = async (files: FileSystem, path: string, text: string): Promise<void> =>
    await files.writeNew(path, Buffer.from(text), 0o600);
  const text = async (files: FileSystem, path: string): Promise<string> =>
    Buffer.from(await files.read(path, 100, { trusted: true })).toString();

  describe(`the contract of a file system, kept by ${name}`, () => {
    test("a new file has its content and mode, and never replaces another", () =>
      at(async (files, path) => {
        await files.writeNew(path("a"), Buffer.from("content"), 0o644);
        expect(await files.status(path("a"))).toMatchObject({
          kind: "file",
          sizeBytes: 7,
          links: 1,
          mode: 0o644,
        });
        await expect(write(files, path("a"), "x")).rejects.toMatchObject({ code: "EEXIST" });
        expect(await text(files, path("a"))).toBe("content");
        await expect(write(files, path("no/a"), "x")).rejects.toMatchObject({ code: "ENOENT" });
      }));

    test("what is read is a plain file with one name, of a permitted size", () =>
      at(async (files, path) => {
        await write(files, path("a"), "content");
        expect(Buffer.from(await files.read(path("a"), 7)).toString()).toBe("content");
        await expect(files.read(path("a"), 6)).rejects.toMatchObject({ code: "file-unsuitable" });
        await expect(files.read(path("b"), 6)).rejects.toMatchObject({ code: "ENOENT" });
        await files.makeDirectory(path("d"), 0o700);
        await expect(files.read(path("d"), 6)).rejects.toMatchObject({ code: "file-unsuitable" });
        await files.link(path("a"), path("b"));
        await expect(files.read(path("a"), 7)).rejects.toThrow("has a second name");
        expect(await text(files, path("a"))).toBe("content");
      }));

    test("a large file comes in parts, all of it and in order", () =>
      at(async (files, path) => {
        const content = Buffer.from(
          Array.from({ length: 600_000 }, (_, index) => index + 1).join(),
        );
        await files.writeNew(path("a"), content, 0o600);
        const parts: Buffer[] = [];
        const take = (part: Uint8Array): number => parts.push(Buffer.from(part));
        await files.readParts(path("a"), content.length, take);
        expect(Buffer.concat(parts).equals(content)).toBe(true);
        await expect(files.readParts(path("a"), 6, take)).rejects.toMatchObject({
          code: "file-unsuitable",
        });
        await files.link(path("a"), path("b"));
        await expect(files.readParts(path("a"), content.length, take)).rejects.toThrow(
          "has a second name",
        );
        await files.readParts(path("b"), content.length, take, { trusted: true });
      }));

    test("a secret that others may read is refused", () =>
      at(async (files, path) => {
        const attempt = async (mode: number): Promise<unknown> => {
          const file = path(mode.toString(8));
          await files.writeNew(file, Buffer.from("content"), mode);
          return await files
            .read(file, 100, { trusted: true, secret: true })
            .then(String, systemCode);
        };
        for (const mode of [0o640, 0o604, 0o620]) expect(await attempt(mode)).toBe("key-unusable");
        expect(await attempt(0o600)).toBe("content");
      }));

    test("a link is a second name of the same file, and never takes one that is there", () =>
      at(async (files, path) => {
        await write(files, path("a"), "first");
        await write(files, path("b"), "second");
        await expect(files.link(path("a"), path("b"))).rejects.toMatchObject({ code: "EEXIST" });
        await expect(files.link(path("no"), path("c"))).rejects.toMatchObject({ code: "ENOENT" });
        await files.link(path("a"), path("c"));
        expect(await files.status(path("c"))).toMatchObject({ links: 2 });
        await files.unlink(path("a"));
        expect(await files.status(path("c"))).toMatchObject({ links: 1 });
        expect(await text(files, path("c"))).toBe("first");
      }));

    test("a rename takes the other name's place; of a file to its own second name it does nothing", () =>
      at(async (files, path) => {
        await write(files, path("a"), "first");
        await write(files, path("b"), "second");
        await files.rename(path("a"), path("b"));
        expect(await files.list(path(""))).toEqual(["b"]);
        expect(await text(files, path("b"))).toBe("first");
        await files.link(path("b"), path("c"));
        await files.rename(path("b"), path("c"));
        expect((await files.list(path(""))).sort()).toEqual(["b", "c"]);
        await expect(files.rename(path("no"), path("c"))).rejects.toMatchObject({ code: "ENOENT" });
      }));

    test("removing what is gone, touching and making what is there is no error", () =>
      at(async (files, path) => {
        await files.unlink(path("a"));
        expect(await files.status(path("a"))).toBeNull();
        expect(await files.status(path("no/a"))).toBeNull();
        expect(await files.readLink(path("no/a"))).toBeNull();
        await files.touch(path("a"), 0o640);
        await files.touch(path("a"), 0o644);
        expect(await files.status(path("a"))).toMatchObject({ sizeBytes: 0, mode: 0o644 });
        await files.makeDirectory(path("d/e"), 0o700);
        await files.makeDirectory(path("d/e"), 0o700);
        expect(await files.status(path("d/e"))).toMatchObject({ kind: "directory", mode: 0o700 });
        expect(await files.list(path("d"))).toEqual(["e"]);
      }));

    test("a symbolic link says what it was told to, and a rename over it replaces the link itself", () =>
      at(async (files, path) => {
        await files.symlink("somewhere/else", path("a"));
        await expect(files.symlink("x", path("a"))).rejects.toMatchObject({ code: "EEXIST" });
        expect(await files.status(path("a"))).toMatchObject({ kind: "other" });
        await files.symlink("third", path("b"));
        await files.rename(path("b"), path("a"));
        expect(await files.readLink(path("a"))).toBe("third");
        await write(files, path("c"), "x");
        expect(await files.readLink(path("c"))).toBeNull();
        expect(await files.readLink(path("no"))).toBeNull();
        await expect(files.read(path("a"), 9)).rejects.toMatchObject({ code: "file-unsuitable" });
        await files.unlink(path("a"));
        expect(await files.list(path(""))).toEqual(["c"]);
      }));

    test("a directory is removed when it is empty", () =>
      at(async (files, path) => {
        await files.makeDirectory(path("d/e"), 0o700);
        await expect(files.removeDirectory(path("d"))).rejects.toMatchObject({ code: "ENOTEMPTY" });
        await files.removeDirectory(path("d/e"));
        await files.removeDirectory(path("d/e"));
        await files.removeDirectory(path("d"));
        expect(await files.list(path(""))).toEqual([]);
      }));

    test("what is missing or of the wrong kind is told by the system's code", () =>
      at(async (files, path) => {
        await write(files, path("a"), "x");
        await files.syncDirectory(path(""));
        await expect(files.list(path("no"))).rejects.toMatchObject({ code: "ENOENT" });
        await expect(files.list(path("a"))).rejects.toMatchObject({ code: "ENOTDIR" });
        await expect(files.syncDirectory(path("no"))).rejects.toMatchObject({ code: "ENOENT" });
        await expect(files.makeDirectory(path("a"), 0o700)).rejects.toMatchObject({
          code: "EEXIST",
        });
      }));

    test("what was read is the reader's own", () =>
      at(async (files, path) => {
        const content = Buffer.from("content");
        await files.writeNew(path("a"), content, 0o600);
        content.fill(0);
        (await files.read(path("a"), 7)).fill(0);
        expect(await text(files, path("a"))).toBe("content");
      }));
  });
}
