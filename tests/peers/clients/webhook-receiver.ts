// A receiver of onefold's webhooks that never holds a dead id: Node.js alone.
//
//     WEBHOOK_SECRET=whsec_… PORT=9000 node webhook-receiver.js
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

type Restored = { contactId: string; mergedContactIds: string[] }
type Event =
  | { type: 'contact.merged'; data: { contactId: string; mergedContactIds: string[] } }
  | { type: 'contact.merge_undone'; data: { restored: Restored[] } }
  | { type: 'contact.erased'; data: { erasedContactIds: string[] } }

// In your database, changed in one transaction: givenId as onefold first gave it, contactId whom it leads to now.
const customers = new Map<string, { givenId: string; contactId: string }>()
const seen = new Set<string>()

const key = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64')

function verified(request: IncomingMessage, body: string): boolean {
  const header = (name: string) => String(request.headers[name] ?? '')
  const stamp = header('webhook-timestamp')
  if (!(Math.abs(Date.now() / 1000 - Number(stamp)) < 300)) return false
  const signed = createHmac('sha256', key).update(`${header('webhook-id')}.${stamp}.${body}`).digest()
  // While a secret is being changed there are two signatures: one of them has to be ours.
  return header('webhook-signature').split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64')
    return given.length === signed.length && timingSafeEqual(given, signed)
  })
}

function apply(event: Event): void {
  if (event.type === 'contact.merged') {
    for (const one of customers.values())
      if (event.data.mergedContactIds.includes(one.contactId)) one.contactId = event.data.contactId
  } else if (event.type === 'contact.merge_undone') {
    for (const { contactId, mergedContactIds } of event.data.restored)
      for (const one of customers.values()) // back to whom each was given
        if ([contactId, ...mergedContactIds].includes(one.givenId)) one.contactId = contactId
  } else if (event.type === 'contact.erased') {
    for (const [name, one] of customers)
      if (event.data.erasedContactIds.includes(one.contactId)) customers.delete(name)
  }
}

createServer(async (request, response) => {
  const body = await text(request)
  if (request.url === '/onefold') {
    const id = String(request.headers['webhook-id'])
    if (!verified(request, body)) return response.writeHead(401).end()
    if (!seen.has(id)) apply(JSON.parse(body) as Event)
    seen.add(id)
    return response.writeHead(204).end()
  }
  if (request.method === 'POST') {
    const { name, id } = JSON.parse(body) as { name: string; id: string }
    customers.set(name, { givenId: id, contactId: id })
  }
  response.end(JSON.stringify(Object.fromEntries([...customers].map(([name, one]) => [name, one.contactId]))))
}).listen(Number(process.env.PORT), '127.0.0.1')
