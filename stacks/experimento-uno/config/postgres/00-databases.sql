-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 2709596b6f04a434

CREATE DATABASE "orders_db";
