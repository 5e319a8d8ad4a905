import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { apolloClient } from '../clients/apollo.js'
import { CreatePersonDocument, MergePeopleDocument, PeopleDocument, PersonByIdDocument } from '../generated/operations.js'
import { codesOf, key, newPerson, url, wrongKey } from './server.js'

test('Apollo Client: mutations, a query with a fragment and variables, the cache', async () => {
  const client = apolloClient(url, key)
  const person = newPerson()
  const made = await client.mutate({ mutation: CreatePersonDocument, variables: { input: person } })
  const primary = made.data?.createContact?.contact
  ok(primary)
  deepEqual(made.data?.createContact?.userErrors, [])
  deepEqual(primary.customAttributes, person.customAttributes)
  const lead = await client.mutate({ mutation: CreatePersonDocument, variables: { input: { phone: '+49 30 23125 777' } } })
  const source = lead.data?.createContact?.contact?.id ?? ''
  const input = { primaryContactId: primary.id, sourceContactIds: [source] }
  const merged = await client.mutate({ mutation: MergePeopleDocument, variables: { input } })
  equal(merged.data?.mergeContacts?.merged?.phone, '+493023125777')
  const cached = client.cache.readFragment<{ phone: string }>({
    id: `Contact:${primary.id}`,
    fragment: (await import('@apollo/client')).gql`fragment Phone on Contact { phone }`,
  })
  equal(cached?.phone, '+493023125777', 'an id is enough to bring what is cached up to date')
  const found = await client.query({ query: PeopleDocument, variables: { email: person.email.toUpperCase() } })
  deepEqual(found.data?.contacts?.nodes.map((node) => node.id), [primary.id])
  const led = await client.query({ query: PersonByIdDocument, variables: { id: source } })
  deepEqual(led.data?.contact?.mergedContactIds, [source])
})

test('Apollo Client: what a caller gets wrong is data', async () => {
  const refused = await apolloClient(url, key).mutate({
    mutation: CreatePersonDocument,
    variables: { input: { email: 'nobody' } },
  })
  equal(refused.error, undefined)
  equal(refused.data?.createContact?.contact, null)
  deepEqual(refused.data?.createContact?.userErrors.map(({ code, field }) => [code, field]), [['BAD_USER_INPUT', ['email']]])
})

test('Apollo Client: a refused operation and a wrong key have their codes', async () => {
  const ask = (token: string, first: number) =>
    apolloClient(url, token).query({ query: PeopleDocument, variables: { email: 'a@example.com', first } })
  const refusedWith = (code: string) => (error: unknown) => {
    ok(CombinedGraphQLErrors.is(error), String(error))
    deepEqual(codesOf(error.errors), [code])
    return true
  }
  await rejects(ask(key, 101), refusedWith('BAD_USER_INPUT'))
  await rejects(ask(wrongKey, 1), refusedWith('UNAUTHENTICATED'))
})

for (const useGETForHashedQueries of [false, true]) {
  test(`Apollo Client: automatic persisted queries fall back to whole ones (GET: ${useGETForHashedQueries})`, async () => {
    const sent: number[] = []
    const link = new PersistedQueryLink({
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      useGETForHashedQueries,
    }).concat(
      new HttpLink({
        uri: `${url}/graphql`,
        headers: { authorization: `Bearer ${key}` },
        fetch: async (...given) => {
          const answer = await fetch(...given)
          sent.push(answer.status)
          return answer
        },
      }),
    )
    const client = new ApolloClient({ link, cache: new InMemoryCache() })
    for (const email of ['a@example.com', 'b@example.com']) {
      const { data } = await client.query({ query: PeopleDocument, variables: { email } })
      equal(data?.contacts?.totalCount, 0)
    }
    equal(sent.length, 3, 'asked with the hash alone once, then told that this is not spoken here')
    deepEqual(sent.slice(1), [200, 200])
  })
}
