//! Counts the primes below N (2 to 1,000,000,000, by default 1,000,000) with a segmented sieve: pure computation in a few
//! hundred kilobytes of memory.

use std::io::Write;

const SEGMENT: usize = 1 << 17;
const LARGEST: usize = 1_000_000_000;

fn main() {
    let limit = match std::env::args().nth(1) {
        None => 1_000_000,
        Some(text) => match text.parse() {
            Ok(n) if (2..=LARGEST).contains(&n) => n,
            _ => {
                let _ = writeln!(std::io::stderr(), "usage: primes [N], 2 to {}", LARGEST);
                std::process::exit(64);
            }
        },
    };
    if writeln!(std::io::stdout(), "{} primes below {}", count(limit), limit).is_err() {
        std::process::exit(1);
    }
}

/// The primes below `limit`, one segment at a time.
fn count(limit: usize) -> usize {
    let small = small_primes(limit);
    let mut composite = vec![false; SEGMENT];
    let mut total = 0;
    for low in (0..limit).step_by(SEGMENT) {
        let high = limit.min(low + SEGMENT);
        composite.fill(false);
        for &prime in &small {
            if prime * prime >= high {
                break;
            }
            let first = (prime * prime).max((low + prime - 1) / prime * prime);
            for multiple in (first..high).step_by(prime) {
                composite[multiple - low] = true;
            }
        }
        total += (low.max(2)..high).filter(|n| !composite[n - low]).count();
    }
    total
}

/// The primes whose square is below `limit`.
fn small_primes(limit: usize) -> Vec<usize> {
    let mut primes: Vec<usize> = Vec::new();
    for n in (2..).take_while(|n| n * n < limit) {
        if primes.iter().take_while(|&p| p * p <= n).all(|p| n % p != 0) {
            primes.push(n);
        }
    }
    primes
}
