/** Makes lib/ from the modules of the server's page, so that there is one source for both. */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";

const PAGE = new URL("../Sources/Net/Page/", import.meta.url);
const LIB = new URL("lib/", import.meta.url);
const START = "chat-client.js";

/** A module without comments that fill whole lines: index.d.ts documents the package. */
function bare(source) {
  return source.replace(/^[ \t]*\/\*\*[^]*?\*\/[ \t]*\n/gm, "").replace(/^[ \t]*\/\/.*\n/gm, "");
}

const known = new Set(await readdir(PAGE));
const names = [START]; // and what they import
await rm(LIB, { recursive: true, force: true });
await mkdir(LIB);
for (const name of names) {
  const source = await readFile(new URL(name, PAGE), "utf8");
  for (const [, other] of source.matchAll(/^import .* from "\.\/([^"]+)";$/gm)) {
    if (!known.has(other)) throw new Error(`${name} imports ${other}, which does not exist`);
    if (!names.includes(other)) names.push(other);
  }
  await writeFile(new URL(name, LIB), bare(source));
}
console.log(`lib/: ${names.length} modules`);
