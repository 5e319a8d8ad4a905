// The server under test, told by the environment, and people of each check's own.
import { equal } from 'node:assert/strict'

export const url = process.env['ONEFOLD_URL'] ?? ''
export const key = process.env['ONEFOLD_KEY'] ?? ''
export const wrongKey = `ofk_${'0'.repeat(59)}`

let number = 0

export function newPerson() {
  number += 1
  return { name: `Léa ${number}`, email: `lea${number}.${process.pid}@example.com`, customAttributes: { deep: [1, null, 'ü'] } }
}

export function codesOf(errors: readonly { extensions?: { [name: string]: unknown } | undefined }[] | undefined) {
  return (errors ?? []).map((error) => {
    equal(typeof error.extensions?.['requestId'], 'string', 'every error names its request')
    return error.extensions?.['code']
  })
}
