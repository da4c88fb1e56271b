// Compiles one of the page's pure modules and imports it: node runs no TypeScript.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const source = new URL('../src/model/', import.meta.url);
const client = import.meta.resolve ? import.meta.resolve('foyer-client') : '';
const out = mkdtemp(join(tmpdir(), 'foyer-tablet-'));
const done = new Map();

export async function load(name) {
  return import(pathToFileURL(await compile(name)));
}

async function compile(name) {
  if (done.has(name)) return done.get(name);
  const path = join(await out, `${name}.mjs`);
  done.set(name, path);
  const text = await readFile(new URL(`${name}.ts`, source), 'utf8');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  for (const [, other] of outputText.matchAll(/from '\.\/(\w+)\.js'/g)) await compile(other);
  await writeFile(path, outputText.replace(/from '\.\/(\w+)\.js'/g, "from './$1.mjs'").replace("'foyer-client'", `'${client}'`));
  return path;
}
