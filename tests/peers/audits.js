// All audits of `graphql-http` against a running server: one line of JSON each.
import { auditServer } from 'graphql-http'

const [url] = process.argv.slice(2)
for (const { id, name, status, reason } of await auditServer({ url })) {
  console.log(JSON.stringify({ id, name, status, reason }))
}
