import os

from application import check
from flask import Flask

check(os.environ)
app = Flask(__name__)


@app.get("/health")
def health():
    return f"{os.uname().nodename} /health\n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ["PORT"]))
