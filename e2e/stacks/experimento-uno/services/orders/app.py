"""Stands for orders-service: tells inventory-service itself what was sold, as the broker that stands for Kafka keeps nothing."""

import json
import urllib.request

from application import Handler, serve


class Orders(Handler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for item in asked["items"]:
            url = f"http://inventory-service:5001/products/{item['product_id']}/stock"
            urllib.request.urlopen(url, json.dumps({"quantity_change": -item["quantity"]}).encode(), timeout=10)
        self.answer(201, "{}")


if __name__ == "__main__":
    serve(Orders)
