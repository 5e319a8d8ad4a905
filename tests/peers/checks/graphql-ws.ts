import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { print } from 'graphql'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Client, ExecutionResult } from 'graphql-ws'
import { socketClient } from '../clients/graphql-ws.js'
import { CreatePersonDocument, PeopleDocument } from '../generated/operations.js'
import { codesOf, key, newPerson, url, wrongKey } from './server.js'

async function ask<Data, Variables extends Record<string, unknown>>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<ExecutionResult<Data>> {
  for await (const result of client.iterate<Data>({ query: print(document), variables })) return result as ExecutionResult<Data>
  throw new Error('completed without a result')
}

test('graphql-ws: a mutation and a query with a fragment and variables on one socket', async () => {
  const client = socketClient(url, key)
  const person = newPerson()
  const made = await ask(client, CreatePersonDocument, { input: person })
  deepEqual(made.data?.createContact?.userErrors, [])
  const found = await ask(client, PeopleDocument, { email: person.email })
  deepEqual(found.data?.contacts?.nodes.map((node) => node.id), [made.data?.createContact?.contact?.id])
  await client.dispose()
})

test('graphql-ws: a ping is answered', { timeout: 20_000 }, async () => {
  await new Promise<void>((resolve, reject) => {
    const client = socketClient(url, key, { lazy: false, keepAlive: 10, retryAttempts: 0, onNonLazyError: reject })
    client.on('pong', (received) => {
      if (!received) return
      Promise.resolve(client.dispose()).then(() => resolve(), reject)
    })
  })
})

test('graphql-ws: a refused operation has its code and the socket lives on; a wrong key ends it for good', async () => {
  let sockets = 0
  const client = socketClient(url, key, { on: { connected: () => (sockets += 1) }, lazy: false, retryAttempts: 0 })
  const refused = await ask(client, PeopleDocument, { email: 'a@example.com', first: 101 })
  deepEqual(codesOf(refused.errors), ['BAD_USER_INPUT'])
  equal((await ask(client, PeopleDocument, { email: 'nobody@example.com' })).data?.contacts?.totalCount, 0)
  equal(sockets, 1)
  await client.dispose()
  await rejects(ask(socketClient(url, wrongKey), PeopleDocument, { email: 'a@example.com' }), (error) => {
    ok(typeof error === 'object' && error !== null && 'code' in error)
    equal(error.code, 4403)
    return true
  })
})
