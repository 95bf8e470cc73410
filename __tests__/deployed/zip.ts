/** An archive as Lambda takes it: one file, stored as it is. (PKWARE's APPNOTE.TXT, 4.3.) */
import { crc32 } from "node:zlib";

/** "Version needed to extract" 2.0; the time is that of the format's beginning, so equal files make equal archives. */
const VERSION = 20;
const FIRST_OF_JANUARY_1980 = 0x0021;
/** -rw-r--r--, made on Unix: without it the file that is unpacked cannot be read. */
const MADE_ON_UNIX = (3 << 8) | VERSION;
const REGULAR_FILE = 0o100644;

/** @param name ASCII */
export function zipOf(name: string, content: Uint8Array): Buffer {
  const fileName = Buffer.from(name, "ascii");
  const about = fields(
    [2, VERSION],
    [2, 0], // flags
    [2, 0], // method: stored
    [2, 0], // time
    [2, FIRST_OF_JANUARY_1980],
    [4, crc32(content)],
    [4, content.length], // compressed
    [4, content.length],
    [2, fileName.length],
    [2, 0], // no extra field
  );
  const local = Buffer.concat([fields([4, 0x04034b50]), about, fileName, content]);
  const directory = Buffer.concat([
    fields([4, 0x02014b50], [2, MADE_ON_UNIX]),
    about,
    fields([2, 0], [2, 0], [2, 0], [4, (REGULAR_FILE << 16) >>> 0], [4, 0]), // comment, disk, attributes, offset
    fileName,
  ]);
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0], // disks
    [2, 1],
    [2, 1], // files
    [4, directory.length],
    [4, local.length],
    [2, 0], // no comment
  );
  return Buffer.concat([local, directory, end]);
}

function fields(...sized: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    sized.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
