.mode box
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, price REAL CHECK (price > 0));
CREATE TABLE sale(item REFERENCES item, day TEXT, pieces INTEGER);
CREATE INDEX sale_by_day ON sale(day, item);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO item SELECT i, 'item ' || i, round(1 + (i * 37 % 101) / 7.0, 2) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO sale SELECT 1 + i * 7919 % 200, date('2024-01-01', (i % 366) || ' days'), 1 + i % 5 FROM n;
SELECT strftime('%m', day) AS month, count(*) AS sales, round(sum(pieces * price), 2) AS revenue
FROM sale JOIN item ON item.id = sale.item GROUP BY month ORDER BY month;
SELECT name, pieces, rank() OVER (ORDER BY pieces DESC, name) AS place
FROM (SELECT item, sum(pieces) AS pieces FROM sale GROUP BY item) JOIN item ON id = item ORDER BY place LIMIT 5;
.mode csv
BEGIN;
DELETE FROM sale WHERE day < '2024-06-01';
SELECT count(*), min(day), max(day) FROM sale;
ROLLBACK;
SELECT count(*) FROM sale;
SELECT json_group_array(json_object('name', name, 'price', price)) FROM item WHERE id <= 3;
SELECT hex(zeroblob(4)), typeof(1.5), 9223372036854775807 + 0, 1e300 * 10, printf('%.3f', 2.0 / 3);
EXPLAIN QUERY PLAN SELECT * FROM sale WHERE day = '2024-02-29';
PRAGMA integrity_check;
