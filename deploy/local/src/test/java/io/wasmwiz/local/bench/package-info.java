/** Tests of the benchmarks' own arithmetic. */
@org.jspecify.annotations.NullMarked
package io.wasmwiz.local.bench;
