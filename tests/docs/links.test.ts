import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../harness/command.ts';

const CODE_BLOCK = /^```[^]*?^```/gm;
const LINK = /\]\(([^)\s]+)\)/g;

/** The documents of the repository. */
function documents(): string[] {
  const places = readdirSync(repositoryRoot).filter(
    (name) => !['.git', 'dist', 'node_modules'].includes(name),
  );
  const paths = places.flatMap((place) =>
    statSync(join(repositoryRoot, place)).isDirectory()
      ? readdirSync(join(repositoryRoot, place), { recursive: true }).map((path) => join(place, String(path)))
      : [place],
  );
  return paths.filter((path) => path.endsWith('.md'));
}

function textOf(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8').replace(CODE_BLOCK, '');
}

/** The names by which the headings of a document can be linked to. */
function anchorsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^#+\s+(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Why a link of a document leads nowhere; undefined when it leads somewhere. */
function problem(document: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#', 2);
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(repositoryRoot, target))) return `${document}: ${link} does not exist`;
  if (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).includes(anchor)) return undefined;
  return `${document}: ${link}: there is no such heading`;
}

test('each link between documents leads to a file, and to a heading of it', () => {
  const links = documents().flatMap((document) =>
    [...textOf(document).matchAll(LINK)].map(([, link = '']) => ({ document, link })),
  );
  const relative = links.filter(({ link }) => !/^[a-z]+:/.test(link));
  expect(relative.length).toBeGreaterThan(60);
  expect(relative.flatMap(({ document, link }) => problem(document, link) ?? [])).toEqual([]);
});

test('each test that a document names exists', () => {
  const named = documents().flatMap((document) =>
    [...textOf(document).matchAll(/`((?:src|tests)\/[\w./-]+\.test\.ts)`/g)].map(
      ([, path = '']) => `${document}: ${path}`,
    ),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !existsSync(join(repositoryRoot, name.split(': ')[1] ?? '')))).toEqual([]);
});
