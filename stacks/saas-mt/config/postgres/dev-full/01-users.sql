-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: f7416ddc30745596

\set password 'postgres'
CREATE ROLE "iam" LOGIN PASSWORD :'password';
ALTER DATABASE "iam_db" OWNER TO "iam";
\set password 'postgres'
CREATE ROLE "chat" LOGIN PASSWORD :'password';
ALTER DATABASE "chat_db" OWNER TO "chat";
\set password 'postgres'
CREATE ROLE "pim" LOGIN PASSWORD :'password';
ALTER DATABASE "pim_db" OWNER TO "pim";
\set password 'postgres'
CREATE ROLE "stock" LOGIN PASSWORD :'password';
ALTER DATABASE "stock_db" OWNER TO "stock";
\set password 'postgres'
CREATE ROLE "ai_gateway" LOGIN PASSWORD :'password';
ALTER DATABASE "ai_gateway_db" OWNER TO "ai_gateway";
\set password 'postgres'
CREATE ROLE "grafana" LOGIN PASSWORD :'password';
ALTER DATABASE "grafana_db" OWNER TO "grafana";
