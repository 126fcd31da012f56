"""Stands for Django's: `manage.py migrate` writes into the folder of the database, which has to be there."""

import pathlib
import sqlite3

with sqlite3.connect(pathlib.Path(__file__).parent / "db/CSDB.db") as database:
    database.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT)")
