"""Stands for inventory-service: the stock of each product, in memory."""

import json

from application import Handler, serve

STOCK = {}


class Inventory(Handler):
    def do_GET(self):
        number = self.path.removeprefix("/products/")
        if number.isdigit():
            self.answer(200, json.dumps({"stock_quantity": STOCK[int(number)]}))
        else:
            super().do_GET()

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/products":
            number = len(STOCK) + 1
            STOCK[number] = asked["stock_quantity"]
        else:
            number = int(self.path.split("/")[2])
            STOCK[number] += asked["quantity_change"]
        self.answer(201, json.dumps({"id": number}))


if __name__ == "__main__":
    serve(Inventory)
