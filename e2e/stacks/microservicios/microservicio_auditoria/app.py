import os

from application import check
from flask import Flask

check(os.environ)
app = Flask(__name__)


@app.get("/health")
def health():
    return "ok\n"
