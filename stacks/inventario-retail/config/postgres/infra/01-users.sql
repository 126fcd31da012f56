-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 485a370185e286f1

\set password 'postgres'
CREATE ROLE "retail" LOGIN PASSWORD :'password';
ALTER DATABASE "inventario_retail" OWNER TO "retail";
