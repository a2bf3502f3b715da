import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const ROOT = new URL("../", import.meta.url);

test("the package has no dependencies and less than 10 KB gzipped", async () => {
  const lib = await readdir(new URL("lib/", ROOT));
  const sources = await Promise.all(lib.map((name) => readFile(new URL(`lib/${name}`, ROOT), "utf8")));
  const all = sources.join("");
  for (const [, from] of all.matchAll(/^import .* from "([^"]+)";$/gm)) assert.match(from, /^\.\//);
  const bytes = gzipSync(all, { level: 9 }).length;
  assert.ok(bytes < 10_240, `${bytes} bytes`);
});

test("every file that package.json names exists", async () => {
  const { exports, files } = JSON.parse(await readFile(new URL("package.json", ROOT), "utf8"));
  const named = [...files, ...Object.values(exports).flatMap((each) => Object.values(each))];
  const found = await Promise.all(named.map((name) => readdirOrFile(new URL(name, ROOT))));
  assert.deepEqual(named.filter((_, index) => !found[index]), []);
});

async function readdirOrFile(url) {
  return readFile(url).then(() => true, (error) => error.code === "EISDIR");
}
