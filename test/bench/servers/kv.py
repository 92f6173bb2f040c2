"""The contract of the original DumbKV, written afresh for the benchmark: FastAPI, uvicorn and sqlite3.

A write is answered after its own commit, which is synced (WAL, synchronous=FULL). Nothing is sealed and nobody is
asked who they are: both would only make it slower.
"""

import os
import sqlite3

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

FULL = 2


class Key(BaseModel):
    database: int = Field(default=0, ge=0, lt=2**31)
    key: str = Field(min_length=1)


class Entry(Key):
    value: str


def connect() -> sqlite3.Connection:
    db = sqlite3.connect(os.environ["DATABASE_LOCATION"], isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA busy_timeout = 10000")
    assert db.execute("PRAGMA synchronous").fetchone() == (FULL,)
    db.execute(
        "CREATE TABLE IF NOT EXISTS kv (database INTEGER, key TEXT, value TEXT, PRIMARY KEY (database, key))"
    )
    return db


db = connect()
app = FastAPI()


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.post("/kv")
async def read(wanted: Key):
    row = db.execute(
        "SELECT value FROM kv WHERE database = ? AND key = ?", (wanted.database, wanted.key)
    ).fetchone()
    if row is None:
        raise HTTPException(404, "there is no such key")
    return {"value": row[0]}


@app.put("/kv")
async def put(entry: Entry):
    db.execute("REPLACE INTO kv VALUES (?, ?, ?)", (entry.database, entry.key, entry.value))
    return {"status": "success"}


@app.delete("/kv")
async def remove(wanted: Key):
    db.execute("DELETE FROM kv WHERE database = ? AND key = ?", (wanted.database, wanted.key))
    return {"status": "success"}
