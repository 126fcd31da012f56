CREATE TABLE products (id integer PRIMARY KEY, name text NOT NULL);

\connect orders
CREATE TABLE orders (id integer PRIMARY KEY, product integer NOT NULL);
