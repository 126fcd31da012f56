-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 133100d64045da61

CREATE DATABASE "orders";
