import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { urqlClient } from '../clients/urql.js'
import { CreatePersonDocument, MergePeopleDocument, PeopleDocument, PersonByIdDocument } from '../generated/operations.js'
import { codesOf, key, newPerson, url, wrongKey } from './server.js'

test('urql: mutations, a query with a fragment and variables', async () => {
  const client = urqlClient(url, key)
  const person = newPerson()
  const made = await client.mutation(CreatePersonDocument, { input: person }).toPromise()
  const primary = made.data?.createContact?.contact
  ok(primary, String(made.error))
  deepEqual(primary.customAttributes, person.customAttributes)
  const lead = await client.mutation(CreatePersonDocument, { input: { phone: '+49 30 23125 777' } }).toPromise()
  const source = lead.data?.createContact?.contact?.id ?? ''
  const input = { primaryContactId: primary.id, sourceContactIds: [source] }
  const merged = await client.mutation(MergePeopleDocument, { input }).toPromise()
  equal(merged.data?.mergeContacts?.merged?.phone, '+493023125777')
  const again = await client.mutation(MergePeopleDocument, { input }).toPromise()
  equal(again.error, undefined)
  deepEqual(again.data?.mergeContacts?.userErrors.map(({ code, contactId }) => [code, contactId]), [['ALREADY_MERGED', primary.id]])
  const found = await client.query(PeopleDocument, { email: person.email }).toPromise()
  deepEqual(found.data?.contacts?.nodes.map((node) => node.id), [primary.id])
  const led = await client.query(PersonByIdDocument, { id: source }).toPromise()
  deepEqual(led.data?.contact?.mergedContactIds, [source])
})

test('urql: a query by GET', async () => {
  const client = urqlClient(url, key)
  const context = { preferGetMethod: 'force' as const }
  const found = await client.query(PeopleDocument, { email: 'nobody@example.com' }, context).toPromise()
  equal(found.error, undefined)
  equal(found.data?.contacts?.totalCount, 0)
})

test('urql: a refused operation and a wrong key have their codes', async () => {
  const refused = await urqlClient(url, key).query(PeopleDocument, { email: 'a@example.com', first: 101 }).toPromise()
  deepEqual(codesOf(refused.error?.graphQLErrors), ['BAD_USER_INPUT'])
  const unknown = await urqlClient(url, wrongKey).query(PeopleDocument, { email: 'a@example.com' }).toPromise()
  deepEqual(codesOf(unknown.error?.graphQLErrors), ['UNAUTHENTICATED'])
})

for (const preferGetForPersistedQueries of [false, true]) {
  test(`urql: automatic persisted queries fall back to whole ones (GET: ${preferGetForPersistedQueries})`, async () => {
    const client = new Client({
      url: `${url}/graphql`,
      preferGetMethod: preferGetForPersistedQueries,
      fetchOptions: { headers: { authorization: `Bearer ${key}` } },
      exchanges: [persistedExchange({ preferGetForPersistedQueries }), fetchExchange],
    })
    for (const email of ['a@example.com', 'b@example.com']) {
      const found = await client.query(PeopleDocument, { email }).toPromise()
      equal(found.error, undefined)
      equal(found.data?.contacts?.totalCount, 0)
    }
  })
}
