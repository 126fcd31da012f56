-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 16224fe54939c1b3

\set password `cat /run/secrets/postgres_retail_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_retail_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "retail" LOGIN PASSWORD :'password';
ALTER DATABASE "inventario_retail" OWNER TO "retail";
