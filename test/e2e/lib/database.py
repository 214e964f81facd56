# SPDX-License-Identifier: Apache-2.0
#
# usage: database.py FILE list | checkpoint | change SESSION_ID JSON
import json
import sqlite3
import sys

path, action, *rest = sys.argv[1:]
connection = sqlite3.connect(path, timeout=10)
connection.row_factory = sqlite3.Row
if action == "list":
    rows = [dict(row) for row in connection.execute("SELECT * FROM records ORDER BY sessionId")]
    print(json.dumps(rows))
elif action == "checkpoint":
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    print("true")
elif action == "change":
    session_id, columns = rest[0], json.loads(rest[1])
    names = ", ".join(f'"{name}" = ?' for name in columns)
    cursor = connection.execute(f"UPDATE records SET {names} WHERE sessionId = ?", [*columns.values(), session_id])
    connection.commit()
    print(cursor.rowcount)
else:
    sys.exit(f"unknown action {action}")
