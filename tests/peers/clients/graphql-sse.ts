import { type ClientOptions, createClient } from 'graphql-sse'

export function streamClient(url: string, key: string, options: Partial<ClientOptions> = {}) {
  return createClient({ url: `${url}/graphql`, headers: { authorization: `Bearer ${key}` }, ...options })
}
