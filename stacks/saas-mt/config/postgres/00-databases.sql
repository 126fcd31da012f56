-- Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.
-- stackgen checksum: ed179eb96124dda0

CREATE DATABASE "chat_db";
CREATE DATABASE "pim_db";
CREATE DATABASE "stock_db";
CREATE DATABASE "ai_gateway_db";
CREATE DATABASE "grafana_db";
