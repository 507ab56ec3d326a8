// Modules through data URLs, so that every Node takes the files for the ES modules they are.
import { readFile } from "node:fs/promises";

/** @param {string | URL} path relative to the tests; the modules it imports are loaded the same way */
async function dataUrl(path) {
  const url = new URL(path, import.meta.url);
  let source = await readFile(url, "utf8");
  for (const [line, other] of source.matchAll(/^import \{[^}]*\} from "(\.[^"]+)";$/gm))
    source = source.replace(line, line.replace(other, await dataUrl(new URL(other, url))));
  return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
}

export const load = async (path) => import(await dataUrl(path));
