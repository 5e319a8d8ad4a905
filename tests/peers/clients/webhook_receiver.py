"""A receiver of onefold's webhooks that never holds a dead id: FastAPI, SQLite, standardwebhooks.

pip install fastapi uvicorn standardwebhooks
WEBHOOK_SECRET=whsec_… uvicorn webhook_receiver:app --port 9000
"""

import os
import sqlite3
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
db = sqlite3.connect(os.environ.get("CUSTOMERS", "customers.db"))
db.executescript("""
    CREATE TABLE IF NOT EXISTS seen (event_id TEXT PRIMARY KEY);
    -- given_id: as onefold first gave it, and never changed; contact_id: whom it leads to now
    CREATE TABLE IF NOT EXISTS customer (name TEXT, given_id TEXT, contact_id TEXT);
""")


@app.post("/onefold")
async def receive(request: Request) -> Response:
    """Verifies, ignores what was here before, and writes both the event's id and what it means in one transaction."""
    try:
        event = webhook.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=401)
    with db:  # one transaction: a crash between the two lines would lose the event or repeat it
        if db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [request.headers["webhook-id"]]).rowcount:
            apply(event["type"], event["data"])
    return Response(status_code=204)


def apply(topic: str, data: dict[str, Any]) -> None:
    """What an event means for stored ids."""
    if topic == "contact.merged":
        lead(data["contactId"], "contact_id", data["mergedContactIds"])
    elif topic == "contact.merge_undone":
        for one in data["restored"]:  # back to whom each was given
            lead(one["contactId"], "given_id", [one["contactId"], *one["mergedContactIds"]])
    elif topic == "contact.erased":
        db.executemany("DELETE FROM customer WHERE contact_id = ?", [[one] for one in data["erasedContactIds"]])


def lead(contact_id: str, column: str, ids: list[str]) -> None:
    """Points the customers with these ids at a contact."""
    db.executemany(f"UPDATE customer SET contact_id = ? WHERE {column} = ?", [[contact_id, one] for one in ids])


@app.post("/customers")
async def add(customer: dict[str, str]) -> None:
    """A customer of ours with the id that createContact gave."""
    with db:
        db.execute("INSERT INTO customer VALUES (?, ?, ?)", [customer["name"], customer["id"], customer["id"]])


@app.get("/customers")
async def customers() -> dict[str, str]:
    """Whom each customer leads to."""
    return dict(db.execute("SELECT name, contact_id FROM customer").fetchall())
