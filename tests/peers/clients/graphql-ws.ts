import { type ClientOptions, createClient } from 'graphql-ws'
import WebSocket from 'ws' // Node.js before 22 alone: a browser has its own

export function socketClient(url: string, key: string, options: Partial<ClientOptions> = {}) {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { Authorization: `Bearer ${key}` },
    webSocketImpl: WebSocket,
    keepAlive: 10_000, // a ping each ten seconds, so that no proxy takes the socket for dead
    // Closed with 1012 when the server stops: tried again. With 4403 for a wrong key: it gets no better by trying.
    shouldRetry: (problem) => (problem as { code?: number }).code !== 4403,
    ...options,
  })
}
