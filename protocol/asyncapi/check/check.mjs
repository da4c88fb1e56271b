// Validates an AsyncAPI document with AsyncAPI's own parser: node check.mjs [document]. Exits with 1 if it has an error
// or a warning; hints are printed.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Parser } from '@asyncapi/parser'

const path = process.argv[2] ?? fileURLToPath(new URL('../../../docs/asyncapi.json', import.meta.url))
const { document, diagnostics } = await new Parser().parse(await readFile(path, 'utf8'), { source: path })

const names = ['error', 'warning', 'information', 'hint']
for (const { severity, code, message, path: at } of diagnostics) {
  console.error(`${names[severity]} ${code} at ${at.join('.')}: ${message}`)
}
const bad = diagnostics.filter(({ severity }) => severity <= 1).length
if (!document || bad > 0) {
  console.error(`${path}: ${bad} errors and warnings`)
  process.exit(1)
}
console.log(`asyncapi.json: valid, ${document.operations().length} operations, ${document.messages().length} messages, ${document.schemas().length} schemas`)
