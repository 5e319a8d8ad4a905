// What `graphql-codegen --config codegen.json` does, without the 250 packages of its command line: the same core, the
// same plugins, the same file of settings.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescript from '@graphql-codegen/typescript'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { buildSchema, parse } from 'graphql'

const plugins = {
  typescript,
  'typescript-operations': typescriptOperations,
  'typed-document-node': typedDocumentNode,
}
const [sdl] = process.argv.slice(2)
const settings = JSON.parse(await readFile('codegen.json', 'utf8'))
const schemaAst = buildSchema(await readFile(sdl ?? settings.schema, 'utf8'))
const documents = [{ document: parse(await readFile(settings.documents, 'utf8')), location: settings.documents }]

for (const [filename, output] of Object.entries(settings.generates)) {
  const text = await codegen({
    filename,
    schema: parse(await readFile(sdl ?? settings.schema, 'utf8')),
    schemaAst,
    documents,
    config: settings.config,
    plugins: output.plugins.map((name) => ({ [name]: {} })),
    pluginMap: Object.fromEntries(output.plugins.map((name) => [name, plugins[name]])),
  })
  await mkdir(dirname(filename), { recursive: true })
  await writeFile(filename, text)
}
