-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 790a4d9d3dd458f9

\set password 'postgres'
CREATE ROLE "inventory" LOGIN PASSWORD :'password';
ALTER DATABASE "inventory_db" OWNER TO "inventory";
\set password 'postgres'
CREATE ROLE "orders" LOGIN PASSWORD :'password';
ALTER DATABASE "orders_db" OWNER TO "orders";
