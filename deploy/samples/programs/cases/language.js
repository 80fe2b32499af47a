class Matrix {
  #rows;
  constructor(rows) { this.#rows = rows; }
  times(other) {
    return new Matrix(this.#rows.map(row => other.#rows[0].map((_, j) => row.reduce((s, x, k) => s + x * other.#rows[k][j], 0n))));
  }
  get corner() { return this.#rows[0][1]; }
}
function power(m, n) {
  return n === 1 ? m : n % 2 ? m.times(power(m, n - 1)) : power(m.times(m), n / 2);
}
print('fibonacci', power(new Matrix([[1n, 1n], [1n, 0n]]), 300).corner);
function* primes() {
  const composite = new Map();
  for (let n = 2; ; n++) {
    const factors = composite.get(n);
    if (!factors) { yield n; composite.set(n * n, [n]); continue; }
    for (const p of factors) (composite.get(n + p) ?? composite.set(n + p, []).get(n + p)).push(p);
    composite.delete(n);
  }
}
let sum = 0, count = 0;
for (const p of primes()) { if (p > 20000) break; sum += p; count++; }
print('primes', count, sum);
print('text', 'Grüße, 世界 🌍'.replace(/(?<first>\p{L}+)/u, '<$<first>>').normalize('NFD').length, [...'🌍🌎'].length);
print('numbers', 0.1 + 0.2, 1 / 3, 1e21, -0 === 0, Object.is(-0, 0), (255).toString(16), Number.MAX_SAFE_INTEGER, Math.hypot(3, 4));
print('json', JSON.stringify({ a: [1, null, { b: 'c\u2028' }], d: new Date(Date.UTC(2024, 1, 29, 12, 34, 56)) }));
try { null.x; } catch (e) { print(e.name, e instanceof TypeError); }
const sorted = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003).sort((a, b) => a - b);
print('sorted', sorted.every((x, i) => i === 0 || sorted[i - 1] <= x));
(async () => { for await (const x of [1, Promise.resolve(2)]) print('async', x); })();
function deep(n) { return n === 0 ? 0 : 1 + deep(n - 1); }
print('deep', deep(500));
