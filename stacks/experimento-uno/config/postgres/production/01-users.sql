-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: adc68a68baf257c3

\set password `cat /run/secrets/postgres_inventory_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_inventory_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "inventory" LOGIN PASSWORD :'password';
ALTER DATABASE "inventory_db" OWNER TO "inventory";
\set password `cat /run/secrets/postgres_orders_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_orders_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "orders" LOGIN PASSWORD :'password';
ALTER DATABASE "orders_db" OWNER TO "orders";
