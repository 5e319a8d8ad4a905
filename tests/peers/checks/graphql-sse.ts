import { deepEqual, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { print } from 'graphql'
import { streamClient } from '../clients/graphql-sse.js'
import { CreatePersonDocument } from '../generated/operations.js'
import { key, newPerson, url, wrongKey } from './server.js'

test('graphql-sse: an operation with variables; a wrong key is refused', async () => {
  const request = { query: print(CreatePersonDocument), variables: { input: newPerson() } }
  const results: unknown[] = []
  for await (const result of streamClient(url, key).iterate<{ createContact: { userErrors: unknown[] } }>(request)) {
    results.push(result.data?.createContact.userErrors)
  }
  deepEqual(results, [[]])
  await rejects(streamClient(url, wrongKey, { retryAttempts: 0 }).iterate(request).next(), /Unauthorized/)
})
