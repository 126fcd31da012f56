-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: 5134c8e7e31ec27a

\set password `cat /run/secrets/postgres_iam_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_iam_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "iam" LOGIN PASSWORD :'password';
ALTER DATABASE "iam_db" OWNER TO "iam";
\set password `cat /run/secrets/postgres_chat_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_chat_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "chat" LOGIN PASSWORD :'password';
ALTER DATABASE "chat_db" OWNER TO "chat";
\set password `cat /run/secrets/postgres_pim_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_pim_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "pim" LOGIN PASSWORD :'password';
ALTER DATABASE "pim_db" OWNER TO "pim";
\set password `cat /run/secrets/postgres_stock_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_stock_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "stock" LOGIN PASSWORD :'password';
ALTER DATABASE "stock_db" OWNER TO "stock";
\set password `cat /run/secrets/postgres_ai_gateway_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_ai_gateway_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "ai_gateway" LOGIN PASSWORD :'password';
ALTER DATABASE "ai_gateway_db" OWNER TO "ai_gateway";
\set password `cat /run/secrets/postgres_grafana_user_password`
SELECT :'password' = '' AS unreadable \gset
\if :unreadable
DO 'BEGIN RAISE ''the secret postgres_grafana_user_password is empty, or postgres may not read it''; END';
\endif
CREATE ROLE "grafana" LOGIN PASSWORD :'password';
ALTER DATABASE "grafana_db" OWNER TO "grafana";
