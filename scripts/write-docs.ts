// Writes what is made from the comments of the script library and from the option tables: `npm run docs`.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { completionFiles } from '../src/cli/completion/completion-files.ts';
import { commandManuals } from '../src/cli/command-manuals.ts';
import { documentFile } from '../src/tapset/documentation.ts';
import { libraryManualPage, libraryMarkdown } from '../src/tapset/library-reference.ts';

const names = readdirSync('tapset', { recursive: true, encoding: 'latin1' }).sort();
const files = names
  .filter((name) => /\.stpm?$/.test(name))
  .map((name) => documentFile(name, readFileSync(`tapset/${name}`, 'latin1')));
mkdirSync('man', { recursive: true });
writeFileSync('docs/library.md', libraryMarkdown(files), 'latin1');
writeFileSync('man/stapfuncs.3stap', libraryManualPage(files), 'latin1');
for (const [page, withOptions] of commandManuals())
  writeFileSync(join('man', page), withOptions(readFileSync(join('man', page), 'latin1')), 'latin1');
for (const [path, text] of completionFiles()) {
  const file = join('completions', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, 'latin1');
}
