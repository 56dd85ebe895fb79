// What a core shows in its status file, whatever people wrote, however the file is cut.

import { type FileSystem, limits } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { statusFileReader } from "./view-status-file.ts";
import { fieldNames, StatusScanner } from "./status-scanner.ts";

// As Nagios 4.4.6 writes it; fields that nobody reads are left out.
const text = `########################################
#          NAGIOS STATUS FILE
########################################

info {
	created=1795654368
	version=4.4.6
	}

programstatus {
	modified_host_attributes=0
	program_start=1795654363
	global_host_event_handler=
	}

hoststatus {
	host_name=web
	has_been_checked=1
	current_state=1
	plugin_output=DOWN host_name=other {
	problem_has_been_acknowledged=1
	acknowledgement_type=2
	_RACK=0;a1;b
	_SNMP=1;secret
	}

servicestatus {
	host_name=web
	service_description=Disk C:\\Data
	has_been_checked=0
	current_state=0
	long_plugin_output=hoststatus {\\n\\thost_name=forged\\n\\t}
	problem_has_been_acknowledged=0
	acknowledgement_type=2
	}

contactstatus {
	contact_name=nobody
	host_name=not here
	}

servicecomment {
	host_name=web
	service_description=Disk C:\\Data
	entry_type=4
	comment_id=7
	source=0
	persistent=1
	entry_time=1795654366
	expires=0
	expire_time=0
	author=bob (siteferry r)
	comment_data=  text = with ; é 🚀 {
	}

hostcomment {
	host_name=web;not ours
	entry_type=1
	comment_id=8
	author=a
	comment_data=b
	}

hostdowntime {
	host_name=web
	downtime_id=2
	comment_id=6
	entry_time=1795654364
	start_time=1795654424
	flex_downtime_start=0
	end_time=1795655024
	triggered_by=1
	fixed=0
	duration=30
	author=ann
	comment=flex dt
	}

`;

const at = { host: "web", service: null };
const picture = {
  look: {
    madeAtMs: 1795654368_000,
    programStart: "1795654363",
    acknowledged: ["web\t2"],
    comments: [
      {
        host: "web",
        service: "Disk C:\\Data",
        id: 7,
        author: "bob (siteferry r)",
        text: "  text = with ; é 🚀 {",
        entryTime: 1795654366,
        entryType: 4,
        persistent: 1,
      },
    ],
    downtimes: [
      {
        ...at,
        id: 2,
        author: "ann",
        text: "flex dt",
        entryTime: 1795654364,
        startTime: 1795654424,
        endTime: 1795655024,
        fixed: 0,
        duration: 30,
        triggeredBy: 1,
      },
    ],
  },
  objects: {
    objects: new Map([
      ["web", { hasBeenChecked: 1, state: 1, acknowledgement: 2 }],
      ["web\tDisk C:\\Data", { hasBeenChecked: 0, state: 0, acknowledgement: 0 }],
    ]),
    variables: new Map([["web", [["RACK", "a1;b"]]]]),
  },
};

async function read(content: Buffer | string | null): Promise<unknown> {
  await using directory = await makeTemporaryDirectory("status");
  const path = `${directory.path}/status.dat`;
  if (content !== null) await writeFile(path, content);
  const wants = (name: string): boolean => name === "RACK";
  const reader = statusFileReader(nodeFiles, path, wants);
  return { look: await reader.look(), objects: await reader.objects(wants) };
}

test("objects, comments, downtimes, and of custom variables those that are wanted", async () => {
  expect(await read(text)).toEqual(picture);
});

test("bytes that aren't UTF-8 are Latin-1, field by field", async () => {
  const latin1 = text.replace("é 🚀 {", "é {").replace("author=ann", "author=änn");
  const { look } = (await read(Buffer.from(latin1, "latin1"))) as typeof picture;
  expect(look.comments[0]!.text).toBe("  text = with ; é {");
  expect(look.downtimes[0]!.author).toBe("änn");
});

test("a sign that stands for what couldn't be read is one like others: else it is never seen as it was said", async () => {
  const { look } = (await read(text.replace("é 🚀", "caf\ufffd"))) as typeof picture;
  expect(look.comments[0]!.text).toBe("  text = with ; caf\ufffd {");
});

test("cut anywhere, empty, gone, or another file: never taken for what the core shows", async () => {
  const bytes = Buffer.from(text);
  const unusable = { code: "core-status-unusable", kind: "transient" };
  const ends = Array.from({ length: 40 }, (_, index) => Math.floor((index * bytes.length) / 41));
  const isBetweenBlocks = (end: number): boolean =>
    /\n\t}\n\n?$|^$/.test(bytes.subarray(0, end).toString());
  for (const end of ends.filter((one) => one > 0 && !isBetweenBlocks(one))) {
    await expect(read(bytes.subarray(0, end)), String(end)).rejects.toMatchObject(unusable);
  }
  for (const other of ["", "# a comment\n", "define host {\n\thost_name x\n\t}\n", null]) {
    await expect(read(other)).rejects.toMatchObject(unusable);
  }
});

test("the same in parts of any size", () => {
  const found = (size: number): unknown => {
    const taken: unknown[] = [];
    const fields = fieldNames(["host_name", "comment_data"]);
    const scanner = new StatusScanner(
      new Map([["servicecomment", { fields, take: (block) => void taken.push([...block]) }]]),
    );
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; start += size) {
      scanner.add(bytes.subarray(start, start + size));
    }
    return taken;
  };
  const whole = found(1e6);
  expect(whole).toEqual([
    [
      ["host_name", "web"],
      ["comment_data", "  text = with ; é 🚀 {"],
    ],
  ]);
  for (const size of [1, 2, 7, 100]) expect(found(size)).toEqual(whole);
});

test("a file of more than a state file may have is read: people's words alone can make it that large", async () => {
  let most = 0;
  const files: FileSystem = {
    ...nodeFiles,
    async readParts(_path, sizeBytesMax, take) {
      most = sizeBytesMax;
      take(Buffer.from(text));
    },
  };
  expect(await statusFileReader(files, "/unused", null).look()).toEqual(picture.look);
  expect(most).toBeGreaterThanOrEqual(16 * limits.stateBytesMax);
});
